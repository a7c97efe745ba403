"""How a network was trained: its curves, its calls on unseen patients, and how sure its scores may be."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray
from plotly.subplots import make_subplots

from dls.analysis.labels import short_label
from dls.figures.confusion import BLUES, CELL
from dls.figures.style import AXIS, INK, MODEL_COLOURS, MUTED, RULE, empty, paper

HEIGHT = 340


@dataclass(frozen=True, slots=True)
class Course:
    """One training's course.

    Parameters
    ----------
    name : such as "fold 2", or "all patients"
    epoch : (e,) from 1
    loss, accuracy : (e,) on the patients it learns from
    unseen_epoch : (u,) epochs at which unseen patients were looked at
    unseen_loss, unseen_accuracy : (u,) on those
    """

    name: str
    epoch: Sequence[int]
    loss: Sequence[float]
    accuracy: Sequence[float]
    unseen_epoch: Sequence[int] = ()
    unseen_loss: Sequence[float] = ()
    unseen_accuracy: Sequence[float] = ()


@dataclass(frozen=True, slots=True)
class ReliabilityPoint:
    """Patients whose largest scores lie together: how many, their mean score, and the share that is right."""

    patients: int
    score: float
    right: float


def training_curves(courses: Sequence[Course], chosen_epoch: int | None = None) -> go.Figure:
    """Loss and accuracy over the epochs: grey where a fold's network learns, coloured on its unseen patients.

    The folds' grey lines look alike, and have one name between them in the legend.

    Parameters
    ----------
    chosen_epoch : marked, where the folds chose one
    """
    if not any(len(course.epoch) for course in courses):
        return empty(go.Figure(), "No epoch has ended yet.")
    figure = make_subplots(1, 2, horizontal_spacing=0.09)
    folds = [i for i, course in enumerate(courses) if len(course.unseen_epoch)]
    for column, what in ((1, "loss"), (2, "accuracy")):
        for i, course in enumerate(courses):
            group = "all folds" if i in folds and len(folds) > 1 else course.name
            named = column == 1 and i not in folds[1:]
            figure.add_trace(_line(course, what, i, unseen=False, group=group, legend=named), 1, column)
            if i in folds:
                unseen = _line(course, what, i, unseen=True, group=course.name, legend=column == 1)
                figure.add_trace(unseen, 1, column)
        if chosen_epoch is not None:
            figure.add_vline(chosen_epoch, line={"color": MUTED, "width": 1, "dash": "dot"}, col=column)
    figure.update_xaxes(AXIS, title={"text": "Epoch", "standoff": 4}, rangemode="tozero")
    figure.update_yaxes(AXIS, rangemode="tozero")
    figure.update_yaxes(title="Loss", col=1)
    figure.update_yaxes(title="Accuracy", range=[0, 1.02], col=2)
    return paper(figure, HEIGHT)


def _line(course: Course, what: str, number: int, *, unseen: bool, group: str, legend: bool) -> go.Scatter:
    """One line; `group` is its name in the legend, where it may stand for other lines too."""
    kind = "unseen patients" if unseen else "training"
    learning = RULE if len(course.unseen_epoch) else INK
    colour = MODEL_COLOURS[number % len(MODEL_COLOURS)] if unseen else learning
    return go.Scatter(
        x=list(course.unseen_epoch if unseen else course.epoch),
        y=list(getattr(course, f"unseen_{what}" if unseen else what)),
        mode="lines+markers" if unseen or len(course.epoch) == 1 else "lines",
        marker={"size": 5},
        line={"color": colour, "width": 1.6, "dash": ("solid", "dash", "dot")[number // 3 % 3]},
        name=f"{group}, {kind}",
        legendgroup=f"{group} {kind}",
        showlegend=legend,
        hovertemplate=f"{course.name}, {kind}<br>epoch %{{x}}: %{{y:.3f}}<extra></extra>",
    )


def unseen_confusion(classes: Sequence[str], counts: NDArray[np.integer]) -> go.Figure:
    """Numbers of patients, each called by the network that had not seen them; shaded by share of the row."""
    counts = np.asarray(counts)
    labels = [short_label(name) for name in classes]
    share = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    dark = [["white" if s > 0.6 else INK for s in row] for row in share]
    figure = go.Figure(
        go.Heatmap(
            x=labels,
            y=labels,
            z=share,
            zmin=0,
            zmax=1,
            colorscale=BLUES,
            showscale=False,
            xgap=1,
            ygap=1,
            customdata=counts,
            hovertemplate="truth %{y}<br>called %{x}<br><b>%{customdata}</b> (%{z:.0%})<extra></extra>",
        )
    )
    for r, row in enumerate(labels):
        for c, column in enumerate(labels):
            figure.add_annotation(
                x=column,
                y=row,
                text=str(counts[r, c]) if counts[r, c] else "",
                showarrow=False,
                font={"size": 13, "color": dark[r][c]},
            )
    axis = {"showgrid": False, "zeroline": False, "fixedrange": True, "ticks": ""}
    figure.update_yaxes(axis, autorange="reversed", title="Reference standard")
    figure.update_xaxes(axis, tickangle=-40, title={"text": "Called", "standoff": 6})
    return paper(figure, CELL * len(labels) + 190).update_layout(plot_bgcolor=RULE)


def reliability_diagram(
    before: Sequence[ReliabilityPoint], after: Sequence[ReliabilityPoint], temperature: float
) -> go.Figure:
    """Share right against the largest score, as the networks gave it and at the fitted temperature."""
    figure = go.Figure(
        go.Scatter(
            x=[0, 1],
            y=[0, 1],
            mode="lines",
            line={"color": RULE, "width": 1},
            hoverinfo="skip",
            showlegend=False,
        )
    )
    named = ((f"temperature {temperature:.2f}", after, 0, "solid"), ("as given", before, 1, "dash"))
    for name, points, colour, dash in named:
        figure.add_trace(
            go.Scatter(
                x=[p.score for p in points],
                y=[p.right for p in points],
                customdata=[p.patients for p in points],
                mode="lines+markers",
                name=name,
                line={"color": MODEL_COLOURS[colour], "width": 1.6, "dash": dash},
                marker={"size": [5 + p.patients**0.5 for p in points]},
                hovertemplate=name
                + ": score %{x:.2f}, right %{y:.2f}, %{customdata} patients<extra></extra>",
            )
        )
    figure.update_xaxes(AXIS, range=[0, 1.02], title={"text": "Largest score", "standoff": 4})
    figure.update_yaxes(AXIS, range=[0, 1.02], title="Share right")
    return paper(figure, HEIGHT)
