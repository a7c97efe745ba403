import re

import pytest

from dls.analysis.accuracy import accuracy_table
from dls.analysis.accuracy_layout import accuracy_layout
from dls.analysis.agreement import agreement_table
from dls.analysis.agreement_layout import agreement_layout
from dls.analysis.case_filter import CaseFilter
from dls.analysis.case_selection import describe, select
from dls.analysis.dataset import BenignCalls
from dls.analysis.system import CONSENSUS, System, reader
from dls.domain import Task
from tests.analysis.test_accuracy_layout import layout, row
from tests.analysis.tiny_study import tiny_study


def test_a_count_opens_the_cases_that_were_wrong() -> None:
    table = layout(Task.SEVEN_WAY)
    missed = row(table, "Sensitivity, %", "Model B").cells[4].cases
    assert select(tiny_study(), missed).index.tolist() == [7, 9]
    false_positive = row(table, "Specificity, %", "Model B").cells[0].cases
    assert select(tiny_study(), false_positive).index.tolist() == [5]


def test_discordant_pairs_open_the_cases_that_only_one_had_right() -> None:
    data, label = tiny_study(), "p, B – reader consensus"
    table = layout(Task.SEVEN_WAY)
    missed, overcalled = (row(table, f"{rate}, %", label).cells for rate in ("Sensitivity", "Specificity"))
    assert select(data, missed[4].cases).index.tolist() == [7, 8, 9]
    assert (overcalled[0].detail, select(data, overcalled[0].cases).index.tolist()) == ("0 : 1", [5])
    assert (missed[3].detail, missed[3].cases) == ("0 : 0", None)
    accuracy = row(agreement_layout(agreement_table(data, comparator=CONSENSUS)), "seven-way", "Model A")
    assert accuracy.cells[4].detail == "1 : 2"
    assert select(data, accuracy.cells[4].cases).index.tolist() == [5, 8, 9]


@pytest.mark.parametrize("task", Task)
@pytest.mark.parametrize("rule", BenignCalls)
@pytest.mark.parametrize("comparator", [CONSENSUS, reader(11, "Reader 1")], ids=lambda s: s.key)
def test_every_count_opens_as_many_cases_as_it_leaves_wrong(
    task: Task, rule: BenignCalls, comparator: System
) -> None:
    data = tiny_study()
    accuracy = accuracy_layout(accuracy_table(data, task, comparator, rule))
    agreement = agreement_layout(agreement_table(data, rule, comparator))
    opened = 0
    for cell in (c for t in (accuracy, agreement) for s in t.sections for r in s.rows for c in r.cells):
        if cell.cases is not None:
            shown = [int(number) for number in re.split("[/:]", cell.detail)]
            expected = shown[1] - shown[0] if "/" in cell.detail else sum(shown)
            asked = CaseFilter.from_query(
                {k: [v] if isinstance(v, str) else v for k, v in cell.cases.to_query().items()}
            )
            assert len(select(data, asked)) == expected, (cell, describe(data, asked))
            opened += expected > 0
    assert opened > 5
