"""Tables 1-3 of a study that can be counted by hand; see `tiny_study`."""

import pytest

from dls.analysis.accuracy import ClassAccuracy, accuracy_table
from dls.analysis.dataset import BenignCalls
from dls.analysis.system import CONSENSUS, reader
from dls.analysis.undefined import Undefined
from dls.domain import Task
from tests.analysis.tiny_study import tiny_study

SYSTEMS = ("A", "B", "reader-11", "reader-12", "consensus")


def row(
    task: Task, target: str, comparator=CONSENSUS, rule: BenignCalls = BenignCalls.WRONG
) -> ClassAccuracy:
    table = accuracy_table(tiny_study(), task, comparator, rule)
    return next(c for c in table.classes if c.target == target)


def counts(found: ClassAccuracy, key: str) -> tuple[str, str]:
    point = found.point(key)
    assert point is not None
    return tuple(
        "-" if isinstance(p, Undefined) else f"{p.count}/{p.n}"
        for p in (point.sensitivity, point.specificity)
    )


@pytest.mark.parametrize(
    ("target", "expected"),
    {
        "cyst": [("3/3", "8/9"), ("2/3", "8/9"), ("2/3", "8/8"), ("3/3", "9/9"), ("3/3", "8/8")],
        "hemangioma": [("1/2", "10/10"), ("1/2", "9/10"), ("2/2", "8/9"), ("2/2", "10/10"), ("2/2", "9/9")],
        "FNH": [("-", "12/12"), ("-", "12/12"), ("-", "10/11"), ("-", "12/12"), ("-", "10/11")],
        "other benign nodules": [
            ("1/1", "11/11"),
            ("1/1", "11/11"),
            ("1/1", "10/10"),
            ("1/1", "11/11"),
            ("1/1", "10/10"),
        ],
        "HCC": [("2/3", "9/9"), ("1/3", "9/9"), ("2/3", "8/8"), ("2/3", "8/9"), ("2/3", "8/8")],
        "metastatic malignancy": [
            ("2/2", "9/10"),
            ("2/2", "8/10"),
            ("2/2", "9/9"),
            ("1/2", "9/10"),
            ("2/2", "9/9"),
        ],
        "other primary malignancy": [
            ("1/1", "11/11"),
            ("1/1", "11/11"),
            ("-", "11/11"),
            ("1/1", "11/11"),
            ("-", "11/11"),
        ],
    }.items(),
)
def test_seven_way_sensitivity_and_specificity(target: str, expected: list[tuple[str, str]]) -> None:
    found = row(Task.SEVEN_WAY, target)
    assert [counts(found, key) for key in SYSTEMS] == expected


def test_answered_and_missing_cases_are_counted() -> None:
    table = accuracy_table(tiny_study(), Task.SEVEN_WAY, CONSENSUS)
    assert table.incomplete() == {"Reader 1": 11, "Reader consensus": 11}
    assert table.readings.simulated == 21


def test_auc_of_a_two_valued_score() -> None:
    """Area = (1 + sensitivity - false-positive rate) / 2 when a score has two values."""
    found = row(Task.SEVEN_WAY, "cyst")
    assert found.curve("A").auc.auc == pytest.approx((1 + 1 - 1 / 9) / 2)
    assert found.curve("B").auc.auc == pytest.approx((1 + 2 / 3 - 1 / 9) / 2)
    comparison = found.between_models[0]
    assert (comparison.a.key, comparison.b.key, comparison.n) == ("A", "B", 12)
    assert comparison.result.difference == pytest.approx(1 / 6)


def test_a_class_without_cases_or_with_one_is_undefined_with_its_reason() -> None:
    table = accuracy_table(tiny_study(), Task.SEVEN_WAY, CONSENSUS)
    fnh, other_benign = table.classes[2], table.classes[3]
    assert isinstance(fnh.curve("A").auc, Undefined)
    assert isinstance(fnh.against_comparator[0].sensitivity, Undefined)
    assert isinstance(other_benign.curve("A").auc, Undefined)
    assert not isinstance(other_benign.curve("A").roc, Undefined)
    assert any(r.startswith("FNH: ") for r in table.reasons())


def test_mcnemar_in_the_cases_both_answered() -> None:
    found = row(Task.SEVEN_WAY, "metastatic malignancy", reader(12, "Reader 2"))
    a_pair, b_pair = found.against_comparator
    assert (a_pair.n_positive, a_pair.n_negative) == (2, 10)
    assert (a_pair.sensitivity.only_a, a_pair.sensitivity.only_b) == (1, 0)
    assert (b_pair.specificity.only_a, b_pair.specificity.only_b) == (0, 1)
    assert b_pair.specificity.p_exact == 1.0
    missing_one = row(Task.SEVEN_WAY, "HCC", CONSENSUS).against_comparator[1]
    assert (missing_one.n_positive, missing_one.n_negative) == (3, 8)
    assert (missing_one.sensitivity.only_a, missing_one.sensitivity.only_b) == (1, 2)


def test_average_reader_is_the_mean_of_the_points() -> None:
    average = row(Task.SEVEN_WAY, "HCC").average_reader
    assert average.readers == 2
    assert average.sensitivity == pytest.approx(2 / 3)
    assert average.false_positive_rate == pytest.approx((0 + 1 / 9) / 2)


def test_benign_malignant_has_one_row_and_the_readers_confidence() -> None:
    table = accuracy_table(tiny_study(), Task.BENIGN_MALIGNANT, CONSENSUS)
    (malignant,) = table.classes
    assert counts(malignant, "C") == ("5/6", "5/6")
    assert counts(malignant, "D") == ("6/6", "6/6")
    assert counts(malignant, "consensus") == ("4/5", "6/6")
    assert [c.system.key for c in malignant.curves] == ["C", "D", "reader-11", "reader-12"]
    # of 36 pairs model C has 0.6 above 0.4: one lost
    assert malignant.curve("C").auc.auc == pytest.approx(35 / 36)
    assert malignant.curve("reader-11").auc.auc == pytest.approx((1 + 4 / 5) / 2)
    assert malignant.curve("reader-11").n == 11


def test_three_way_counts_a_benign_call_as_wrong() -> None:
    hcc = row(Task.MALIGNANT_THREE_WAY, "HCC")
    assert counts(hcc, "E") == ("2/3", "1/3")
    assert counts(hcc, "consensus") == ("2/3", "2/2")
    assert [(p.a.key, p.b.key) for p in hcc.between_models] == [("E", "G"), ("F", "G")]


def test_three_way_with_the_papers_rule_leaves_the_case_out() -> None:
    hcc = row(Task.MALIGNANT_THREE_WAY, "HCC", CONSENSUS, BenignCalls.DROPPED)
    assert counts(hcc, "consensus") == ("2/2", "2/2")
    assert counts(hcc, "E") == ("2/3", "1/3")
    assert hcc.against_comparator[0].n_positive == 2


def test_without_comparator_there_is_no_mcnemar() -> None:
    assert row(Task.SEVEN_WAY, "cyst", None).against_comparator == ()
