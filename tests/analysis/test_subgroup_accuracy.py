import pytest

from dls.analysis.accuracy import accuracy_table
from dls.analysis.case_selection import select
from dls.analysis.study_filter import Span, StudyFilter, restrict
from dls.analysis.subgroup_accuracy import (
    Measure,
    Question,
    SubgroupRow,
    measures,
    narrowed,
    subgroup_layout,
    subgroup_study,
)
from dls.analysis.subgroups import Subgroup
from dls.analysis.system import CONSENSUS, model, reader
from dls.analysis.undefined import Undefined
from dls.domain import Task
from tests.analysis.tiny_study import tiny_study

A = model("A")
READER = reader(11, "Reader 1")
YOUNG = Subgroup("age", "up to 40 years")


def rows(question: Question) -> dict[str, SubgroupRow]:
    return {row.label: row for row in subgroup_study(tiny_study(), question, StudyFilter()).rows}


def test_the_classes_are_those_of_the_accuracy_table() -> None:
    table = accuracy_table(tiny_study(), Task.SEVEN_WAY)
    for measure in (Measure.AUC, Measure.SENSITIVITY, Measure.SPECIFICITY):
        found = rows(Question(A, Task.SEVEN_WAY, "cyst", measure))
        for of_class in table.classes:
            value = found[of_class.target].value
            if measure is Measure.AUC:
                assert value == of_class.curve("A").auc
            else:
                assert value == getattr(of_class.point("A"), measure)


def test_every_subgroup_is_the_measure_of_the_filtered_study_and_opens_what_it_counts() -> None:
    """The oracle: restrict the whole study to the subgroup and ask for all of its cases."""
    question = Question(READER, Task.BENIGN_MALIGNANT, "malignant", Measure.SENSITIVITY)
    for row in subgroup_study(tiny_study(), question, StudyFilter()).rows:
        part = restrict(tiny_study(), narrowed(StudyFilter(), row.subgroup))
        alone = subgroup_study(part, question, StudyFilter()).rows[0]
        assert (row.value, row.n) == (alone.value, alone.n)
        if not isinstance(row.value, Undefined):
            assert len(select(part, row.cases)) == row.value.n - row.value.count


def test_sensitivity_for_malignancy_in_hcc_by_hand() -> None:
    """Reader 1 called one of three HCC an FNH."""
    found = rows(Question(READER, Task.BENIGN_MALIGNANT, "malignant", Measure.SENSITIVITY))
    assert (found["HCC"].value.count, found["HCC"].value.n) == (2, 3)
    assert "cyst" not in found


def test_the_accuracy_counts_answered_cases() -> None:
    found = rows(Question(READER, Task.SEVEN_WAY, "cyst", Measure.ACCURACY))
    assert (found["All cases"].value.count, found["All cases"].n) == (9, 11)
    assert (found["cyst"].value.count, found["cyst"].n) == (2, 3)


def test_only_those_with_probabilities_have_an_area() -> None:
    assert Measure.AUC in measures(tiny_study(), READER, Task.BENIGN_MALIGNANT)
    assert Measure.AUC not in measures(tiny_study(), READER, Task.SEVEN_WAY)
    assert Measure.AUC not in measures(tiny_study(), CONSENSUS, Task.BENIGN_MALIGNANT)


def test_a_subgroup_narrows_the_filter_of_the_page() -> None:
    within = StudyFilter(size=Span(10), subgroups=(Subgroup("sex", "male"), YOUNG))
    found = narrowed(within, Subgroup("sex", "female"))
    assert found.size == Span(10)
    assert set(found.subgroups) == {Subgroup("sex", "female"), YOUNG}


@pytest.mark.parametrize("measure", Measure)
def test_it_is_printed_with_its_warning(measure: Measure) -> None:
    printed = subgroup_layout(
        subgroup_study(tiny_study(), Question(A, Task.SEVEN_WAY, "HCC", measure), StudyFilter())
    )
    assert "no test of a difference" in printed.notes[0]
    scanner = next(s for s in printed.sections if s.heading == "Scanner").rows[0].cells[0]
    assert scanner.within.subgroups == (Subgroup("scanner", "vendor 1, 1.5 T"),)
