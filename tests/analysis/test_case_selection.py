import pytest

from dls.analysis.case_filter import CaseFilter, Condition
from dls.analysis.case_selection import compared, describe, readers_differ, select
from dls.analysis.dataset import BenignCalls
from dls.analysis.labels import short_label
from dls.domain import Task
from dls.errors import InputError
from tests.analysis.tiny_study import tiny_study

WHERE = Condition.parse


@pytest.mark.parametrize(
    ("chosen", "expected"),
    [
        (CaseFilter(), list(range(1, 13))),
        (CaseFilter(truth="HCC"), [7, 8, 9]),
        (CaseFilter(where=(WHERE("A:wrong"),)), [5, 9]),
        (CaseFilter(where=(WHERE("A:wrong"), WHERE("consensus:right"))), [5, 9]),
        (CaseFilter(where=(WHERE("consensus:wrong"), WHERE("A:right"))), [8]),
        (CaseFilter(where=(WHERE("consensus:missing"),)), [12]),
        (CaseFilter(truth="HCC", where=(WHERE("B:called:metastatic malignancy"),)), [7, 9]),
        (CaseFilter(where=(WHERE("B:misjudged:cyst"),)), [1, 5]),
        (CaseFilter(where=(WHERE("reader-11:misjudged:HCC"),)), [8]),
        (CaseFilter(readers_differ=True), [2, 8, 9, 10]),
        (CaseFilter(where=(WHERE("reader-11:unlike:reader-12"),)), [2, 8, 9, 10]),
        (CaseFilter(where=(WHERE("A:unlike:reader-11"),)), [2, 5, 8, 9]),
        (CaseFilter(where=(WHERE("A:one-right:reader-12"),)), [5, 10]),
        (CaseFilter(where=(WHERE("reader-12:one-right:consensus"),)), [8, 9, 10]),
        (CaseFilter(where=(WHERE("B:one-false-negative:consensus:HCC"),)), [7, 8, 9]),
        (CaseFilter(where=(WHERE("B:one-false-positive:A:cyst"),)), []),
        (CaseFilter(where=(WHERE("reader-12:one-false-positive:consensus:HCC"),)), [10]),
        (CaseFilter(where=(WHERE("every-reader:answered"),)), list(range(1, 12))),
        (CaseFilter(where=(WHERE("any-reader:answered"),)), list(range(1, 13))),
        (CaseFilter(where=(WHERE("every-model:answered"),)), list(range(1, 13))),
        (CaseFilter(Task.BENIGN_MALIGNANT, where=(WHERE("C:misjudged-from:0.65:malignant"),)), [10]),
        (CaseFilter(Task.BENIGN_MALIGNANT, where=(WHERE("C:misjudged-from:0.3:malignant"),)), [4, 5]),
        (
            CaseFilter(Task.BENIGN_MALIGNANT, where=(WHERE("reader-11:misjudged-from:0.9:malignant"),)),
            [7, 8, 9, 10, 11],
        ),
        (CaseFilter(cases=(3, 11)), [3, 11]),
        (CaseFilter(Task.MALIGNANT_THREE_WAY, where=(WHERE("reader-11:called:benign"),)), [8]),
        (CaseFilter(Task.BENIGN_MALIGNANT, truth="malignant", where=(WHERE("C:wrong"),)), [10]),
    ],
)
def test_selected_cases(chosen: CaseFilter, expected: list[int]) -> None:
    assert select(tiny_study(), chosen).index.tolist() == expected


def test_the_selection_shows_what_everyone_called() -> None:
    row = select(tiny_study(), CaseFilter(cases=(12,))).iloc[0]
    assert row["code"] == "T-12"
    assert row["truth"] == row["Model A"] == row["Reader 2"] == "other primary malignancy"
    assert row["Reader 1"] is None


def test_a_list_marks_what_was_right_and_shortens_the_rest() -> None:
    listed = select(tiny_study(), CaseFilter())
    shown = compared(listed)
    assert shown["code"].tolist() == listed["code"].tolist()
    for name in listed.columns.drop(["code", "truth"]):
        for was, truth, now in zip(listed[name], listed["truth"], shown[name], strict=True):
            expected = "" if was is None else "✓" if was == truth else short_label(was)
            assert now == expected
    assert {"✓", "metastasis"} <= set(shown["Model A"])
    assert "metastasis" in shown["truth"].tolist()


def test_a_list_in_which_somebody_answered_nothing_is_shown() -> None:
    shown = compared(select(tiny_study(), CaseFilter(where=(WHERE("consensus:missing"),))))
    assert shown.loc[12, ["Reader 1", "Reader 2", "Reader consensus"]].tolist() == ["", "✓", ""]


def test_readers_differ_only_where_two_of_them_gave_two_classes() -> None:
    assert readers_differ(tiny_study()).loc[[2, 3, 12]].tolist() == [True, False, False]


def test_a_system_that_does_not_judge_the_task_is_refused() -> None:
    with pytest.raises(InputError, match="seven-way task"):
        select(tiny_study(), CaseFilter(where=(WHERE("C:wrong"),)))
    with pytest.raises(InputError, match="Unknown class"):
        select(tiny_study(), CaseFilter(where=(WHERE("A:called:benign"),)))


@pytest.mark.parametrize(
    "where", ["every-model:wrong", "A:unlike:C", "A:one-right:C", "A:misjudged-from:high:cyst"]
)
def test_a_condition_that_cannot_be_asked_is_refused(where: str) -> None:
    with pytest.raises(InputError):
        select(tiny_study(), CaseFilter(where=(WHERE(where),)))


def test_words_for_a_filter() -> None:
    chosen = CaseFilter(
        truth="HCC", where=(WHERE("A:called:cyst"), WHERE("reader-12:right")), readers_differ=True
    )
    assert describe(tiny_study(), chosen) == (
        "seven-way: truth: HCC; Model A called cyst; Reader 2 right; readers differ"
    )
    assert describe(tiny_study(), CaseFilter()) == "seven-way: all cases"
    of_two = CaseFilter(where=(WHERE("A:one-right:B"), WHERE("A:one-false-positive:consensus:cyst")))
    assert describe(tiny_study(), of_two) == (
        "seven-way: only one of Model A and Model B is right; "
        "only one of Model A and Reader consensus called cyst, wrongly"
    )
    parted = CaseFilter(
        where=tuple(map(WHERE, ("A:misjudged-from:0.3125:cyst", "reader-11:unlike:reader-12")))
    )
    assert describe(tiny_study(), parted) == (
        "seven-way: Model A wrong on cyst, called from 0.312 on; Reader 1 and Reader 2 differ"
    )


def test_a_selection_says_that_benign_calls_are_left_out() -> None:
    chosen = CaseFilter(Task.MALIGNANT_THREE_WAY, benign_calls=BenignCalls.DROPPED)
    assert describe(tiny_study(), chosen).endswith("benign calls left out, as in the paper")
    with pytest.raises(InputError, match="cannot be read"):
        CaseFilter.from_query({"benign-calls": ["forgotten"]})
