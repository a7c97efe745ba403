"""Decision curves for print have room for every name."""

from __future__ import annotations

from dataclasses import replace

from matplotlib.figure import Figure

from dls.analysis.calibrated import decision_study
from dls.analysis.system import model
from dls.report.decision_plate import decision_size, draw_decisions
from dls.report.drawing import picture
from tests.analysis.tiny_study import tiny_study


def test_the_legend_of_many_readers_lies_inside_the_plate() -> None:
    study = decision_study(tiny_study(), model("C"))
    many = replace(study, decisions=study.decisions * 4)
    size = decision_size(many)
    assert size[1] > decision_size(study)[1]
    kept: list[Figure] = []

    def draw(figure: Figure) -> None:
        draw_decisions(figure, many)
        kept.append(figure)

    picture("decision-curve", "Decision curves", size, "not frozen", draw)
    legend = kept[0].axes[0].get_legend()
    assert legend is not None
    assert len(legend.get_texts()) == len(many.decisions) + 2
    assert legend.get_window_extent().y0 >= 0
    assert legend.get_window_extent().x1 <= kept[0].bbox.width
