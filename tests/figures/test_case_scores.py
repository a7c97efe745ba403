import pytest

from dls.analysis.dossier import dossier
from dls.figures.case_scores import case_scores
from tests.analysis.tiny_study import tiny_study


def test_a_bar_for_every_score_with_the_true_class_in_bold() -> None:
    figure = case_scores(dossier(tiny_study(), 9))
    assert [t.name for t in figure.data] == [f"Model {k}" for k in "ABCDEFG"]
    assert figure.data[0].x[5] == pytest.approx(0.4)
    assert figure.data[0].y[4] == "<b>HCC</b>"
    assert figure.data[2].y[1] == "<b>malignant</b>"
