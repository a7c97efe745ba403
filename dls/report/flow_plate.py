"""Flow of the cases for print.

Source of the form: Bossuyt et al., BMJ 2015;351:h5527 (STARD 2015), item 19.
"""

from __future__ import annotations

from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.text import Text

from dls.analysis.cohort import Cohort, FlowStep
from dls.analysis.provenance import Provenance
from dls.figures.style import INK, MUTED
from dls.report.drawing import bare

FLOW_SIZE = (6.4, 4.3)
_LEFT, _RIGHT, _MIDDLE = 0.25, 0.75, 0.5
_LEVELS = (0.9, 0.67, 0.44, 0.21)


def draw_flow(figure: Figure, cohort: Cohort, origin: Provenance) -> None:
    """Cases, then two branches: predictions of the models, and readings up to the consensus."""
    axes = bare(figure.subplots())
    axes.set(xlim=(0, 1), ylim=(0.05, 1))
    everyone, scored, *read = cohort.flow
    detail = f"{left_out(origin)}\n{_proof(cohort)}"
    top = _box(axes, _MIDDLE, _LEVELS[0], f"{everyone.name}: {everyone.cases}", detail)
    _arrow(axes, top, _branch(axes, scored, everyone.cases, _LEFT, 1))
    above = top
    for level, step in enumerate(read, start=1):
        below = _branch(axes, step, everyone.cases, _RIGHT, level)
        _arrow(axes, above, below)
        above = below


def left_out(origin: Provenance) -> str:
    """Patients assessed and those who are not analysed, with the reasons, in one line."""
    reasons = [f"{reason} {n}" for reason, n in origin.flow.excluded.items()]
    reasons += [f"training of the readers {origin.flow.training}"] if origin.flow.training else []
    return f"assessed {origin.flow.assessed}, left out: {', '.join(reasons) or 'none'}"


def _proof(cohort: Cohort) -> str:
    standards = ", ".join(f"{name} {n}" for name, n in cohort.standards.items())
    benign = cohort.cases - cohort.malignant
    return f"reference standard: {cohort.malignant} malignant, {benign} benign\n{standards}"


def _branch(axes: Axes, step: FlowStep, cases: int, x: float, level: int) -> Text:
    text = f"{step.name[0].upper()}{step.name[1:]}: {step.cases}"
    return _box(axes, x, _LEVELS[level], text, f"not (yet): {cases - step.cases}")


def _box(axes: Axes, x: float, y: float, text: str, detail: str) -> Text:
    style = {"boxstyle": "round,pad=0.6", "facecolor": "white", "edgecolor": INK, "linewidth": 0.8}
    look: dict[str, Any] = {"ha": "center", "va": "center", "fontsize": 7.5, "linespacing": 1.5}
    return axes.text(x, y, f"{text}\n{detail}", bbox=style, **look)


def _arrow(axes: Axes, start: Text, end: Text) -> None:
    """From the edge of one box to the edge of the other."""
    look = {
        "arrowstyle": "-|>",
        "color": MUTED,
        "linewidth": 0.9,
        "patchA": start.get_bbox_patch(),
        "patchB": end.get_bbox_patch(),
        "shrinkA": 1,
        "shrinkB": 1,
    }
    axes.annotate("", xy=end.get_position(), xytext=start.get_position(), arrowprops=look, zorder=4)
