"""Decision curves for print: net benefit over the threshold (Vickers and Elkin 2006)."""

from __future__ import annotations

from typing import Any

from matplotlib.figure import Figure

from dls.analysis.calibrated import DecisionStudy, SystemDecision
from dls.analysis.system import Kind, System
from dls.analysis.undefined import Undefined
from dls.figures.calibration import DECISION_COLOURS
from dls.figures.style import INK, MUTED, RULE

_WIDTH, _HEIGHT, _NAME_INCHES = 6.4, 3.2, 0.15
_DASHES = ((0, (5, 2)), (0, (5, 1.5, 1, 1.5)), (0, (8, 2)), (0, (8, 1.5, 1, 1.5)), (0, (2, 1)))
_BELOW, _ABOVE = -0.25, 1.08
"""Room below and above, in prevalences."""


def decision_size(study: DecisionStudy) -> tuple[float, float]:
    """Inches of the plate, with room for every name of the legend."""
    return _WIDTH, max(_HEIGHT, _NAME_INCHES * (len(study.decisions) + 3))


def draw_decisions(figure: Figure, study: DecisionStudy) -> None:
    """A line a system, treating all, and treating nobody at 0; the band is the first model's 95% interval."""
    axes = figure.subplots()
    curves = [d for d in study.decisions if not isinstance(d.curve, Undefined)]
    readers = [d.system for d in curves if d.system.kind is Kind.READER]
    first = curves[0].curve
    assert not isinstance(first, Undefined)
    highest = first.prevalence
    band = study.band
    if not isinstance(band, Undefined) and band.low is not None and band.high is not None:
        colour = DECISION_COLOURS[curves[0].system.key]
        axes.fill_between(band.threshold, 100 * band.low, 100 * band.high, color=colour, alpha=0.18, lw=0)
        highest = max(highest, float(band.high.max()))
    axes.axhline(0, color=RULE, linewidth=0.8, label="Treat nobody")
    axes.plot(first.threshold, 100 * first.treat_all, color=MUTED, linestyle=":", label="Treat all")
    for decision in curves:
        assert not isinstance(decision.curve, Undefined)
        benefit = 100 * decision.curve.model
        axes.plot(decision.curve.threshold, benefit, label=decision.system.name, **_look(decision, readers))
    axes.set(xlim=(0, 1), ylim=(100 * _BELOW * first.prevalence, 100 * _ABOVE * highest))
    axes.set_xticks([0, 0.25, 0.5, 0.75, 1], ["0%", "25%", "50%", "75%", "100%"])
    axes.set_xlabel("Threshold probability of malignancy")
    axes.set_ylabel("Net benefit, true positives per 100 cases")
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(loc="upper left", bbox_to_anchor=(1.01, 1), handlelength=3.4)


def _look(decision: SystemDecision, readers: list[System]) -> dict[str, Any]:
    system = decision.system
    if system.kind is Kind.MODEL:
        return {"color": DECISION_COLOURS[system.key], "linewidth": 1.2}
    dash = _DASHES[readers.index(system) % len(_DASHES)] if system in readers else "-"
    return {"color": INK, "linewidth": 0.9, "linestyle": dash}
