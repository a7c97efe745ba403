from dataclasses import replace

import pytest

from dls.analysis.dossier import dossier
from dls.errors import InputError
from tests.analysis.tiny_study import tiny_study


def test_everything_known_of_a_case() -> None:
    found = dossier(tiny_study(), 9)
    assert (found.code, found.truth.label) == ("T-09", "HCC")
    assert {s.system.key: (s.called, s.correct) for s in found.scores} == {
        "A": ("metastatic malignancy", False),
        "B": ("metastatic malignancy", False),
        "C": ("malignant", True),
        "D": ("malignant", True),
        "E": ("metastatic malignancy", False),
        "F": ("HCC", True),
        "G": ("HCC", True),
    }
    assert found.scores[2].scores == pytest.approx({"benign": 0.3, "malignant": 0.7})
    assert [(r.reader, r.label, r.correct, r.simulated) for r in found.readings] == [
        ("Reader 1", "HCC", True, True),
        ("Reader 2", "metastatic malignancy", False, True),
    ]
    assert (found.consensus.label, found.consensus.correct) == ("HCC", True)


def test_a_model_is_judged_from_its_operating_point_on() -> None:
    found = dossier(replace(tiny_study(), operating_points={"C": 0.75}), 9)
    assert [(s.called, s.correct) for s in found.scores if s.system.key in "CD"] == [
        ("benign", False),
        ("malignant", True),
    ]


def test_a_benign_case_has_no_three_way_scores() -> None:
    assert [s.system.key for s in dossier(tiny_study(), 1).scores] == ["A", "B", "C", "D"]


def test_before_the_consensus_there_is_none() -> None:
    assert dossier(tiny_study(), 12).consensus is None


def test_an_unknown_case_is_refused() -> None:
    with pytest.raises(InputError, match="no such case"):
        dossier(tiny_study(), 99)
