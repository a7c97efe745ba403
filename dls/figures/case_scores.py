"""What each model said of one case: the patient-level score of every class, by task."""

from __future__ import annotations

import plotly.graph_objects as go
from plotly.subplots import make_subplots

from dls.analysis.dossier import Dossier
from dls.analysis.labels import short_label
from dls.domain import Task
from dls.figures.style import APART, AXIS, INK, MODEL_COLOURS, empty, paper


def case_scores(dossier: Dossier) -> go.Figure:
    """Bars a class and model, a panel a task; the true class is printed bold."""
    tasks = [t for t in Task if any(s.task is t for s in dossier.scores)]
    if not tasks:
        return empty(go.Figure(), "No model has scored this case.")
    widths = [len(t.classes) + 1 for t in tasks]
    figure = make_subplots(
        len(tasks),
        1,
        subplot_titles=[_title(t, dossier) for t in tasks],
        row_heights=widths,
        vertical_spacing=0.13,
    )
    for row, task in enumerate(tasks, start=1):
        target = task.target(dossier.truth)
        names = [short_label(c) for c in task.classes]
        labels = [f"<b>{c}</b>" if i == target else c for i, c in enumerate(names)]
        for i, model in enumerate(s for s in dossier.scores if s.task is task):
            scores = list(model.scores.values())
            figure.add_trace(
                go.Bar(
                    y=labels,
                    x=scores,
                    orientation="h",
                    name=model.system.name,
                    marker={"color": MODEL_COLOURS[i], "opacity": 0.9},
                    text=[f"{model.system.key} {s:.2f}" if s >= 0.05 else "" for s in scores],
                    textposition="outside",
                    textfont={"size": 10, "color": INK},
                    constraintext="none",
                    cliponaxis=False,
                    hovertemplate=f"{model.system.name}: %{{x:.3f}}<extra></extra>",
                ),
                row,
                1,
            )
    figure.update_xaxes(AXIS, range=[0, 1.25], tickvals=[0, 0.5, 1])
    figure.update_yaxes(APART, autorange="reversed", fixedrange=True)
    figure.update_annotations(font={"size": 12, "color": INK}, x=0, xanchor="left", align="left")
    figure.update_layout(showlegend=False, bargap=0.25, bargroupgap=0.05)
    return paper(figure, 30 * sum(widths) + 60 * len(tasks) + 30)


def _title(task: Task, dossier: Dossier) -> str:
    foreign = "<br>made for malignant lesions only" if task.target(dossier.truth) is None else ""
    return f"<b>{task}</b>{foreign}"
