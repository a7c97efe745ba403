import re
from dataclasses import replace

import pandas as pd
import pytest

from dls.analysis.accuracy import accuracy_table
from dls.analysis.agreement import agreement_table
from dls.analysis.cohort import cohort
from dls.analysis.dataset import BenignCalls
from dls.analysis.disagreement import CaseFilter, describe, select
from dls.analysis.dossier import dossier
from dls.analysis.printed import PrintedTable, Row
from dls.analysis.system import CONSENSUS, System, reader
from dls.analysis.tables import (
    accuracy_layout,
    agreement_layout,
    composition_layout,
    flow_layout,
    inter_reader_layout,
    readings_layout,
)
from dls.domain import Task
from dls.errors import InputError
from tests.analysis.tiny_study import tiny_study


def layout(task: Task) -> PrintedTable:
    return accuracy_layout(accuracy_table(tiny_study(), task, CONSENSUS))


def row(table: PrintedTable, heading: str, label: str) -> Row:
    return next(r for s in table.sections if s.heading == heading for r in s.rows if r.label == label)


def test_table_1_is_laid_out_as_in_the_paper() -> None:
    table = layout(Task.SEVEN_WAY)
    assert table.caption == "Table 1. Models A, B against reader consensus: seven-way classification"
    assert [(c.text, c.detail) for c in table.columns][:2] == [
        ("cyst", "n = 3 of 12"),
        ("hemangioma", "n = 2 of 12"),
    ]
    assert [[r.label for r in s.rows] for s in table.sections] == [
        ["Model A", "Model B", "p, A – B"],
        ["Model A", "Model B", "Reader consensus", "p, A – reader consensus", "p, B – reader consensus"],
        ["Model A", "Model B", "Reader consensus", "p, A – reader consensus", "p, B – reader consensus"],
    ]


def test_a_cell_has_per_cent_interval_and_count() -> None:
    """2/3: Clopper-Pearson limits 9.4 and 99.2 per cent."""
    cell = row(layout(Task.SEVEN_WAY), "Sensitivity, %", "Model B").cells[0]
    assert (cell.text, cell.detail) == ("66.7 (9.4–99.2)", "2/3")


def test_a_count_opens_the_cases_that_were_wrong() -> None:
    table = layout(Task.SEVEN_WAY)
    missed = row(table, "Sensitivity, %", "Model B").cells[4].cases
    assert select(tiny_study(), missed).index.tolist() == [7, 9]
    false_positive = row(table, "Specificity, %", "Model B").cells[0].cases
    assert select(tiny_study(), false_positive).index.tolist() == [5]


def test_a_p_value_has_its_discordant_pairs() -> None:
    cell = row(layout(Task.SEVEN_WAY), "Sensitivity, %", "p, B – reader consensus").cells[4]
    assert (cell.text, cell.detail) == ("1.000", "1 : 2")


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


def test_a_selection_says_that_benign_calls_are_left_out() -> None:
    chosen = CaseFilter(Task.MALIGNANT_THREE_WAY, benign_calls=BenignCalls.DROPPED)
    assert describe(tiny_study(), chosen).endswith("benign calls left out, as in the paper")
    with pytest.raises(InputError, match="cannot be read"):
        CaseFilter.from_query({"benign-calls": ["forgotten"]})


def test_what_is_undefined_is_a_dash_with_its_reason_below() -> None:
    table = layout(Task.SEVEN_WAY)
    assert row(table, "AUC", "Model A").cells[2].text == "–"
    assert any(n.startswith("–: FNH: ") for n in table.notes)


def test_missing_and_simulated_readings_are_said() -> None:
    notes = layout(Task.SEVEN_WAY).notes
    assert "Cases answered, of 12: Reader 1 11, Reader consensus 11; all others all." in notes
    assert notes[-1].startswith("21 of 23 readings simulated; 1 of 24 not yet read")


def test_table_2_has_the_readers_confidence() -> None:
    table = layout(Task.BENIGN_MALIGNANT)
    assert [r.label for r in table.sections[0].rows] == [
        "Model C",
        "Model D",
        "Reader 1",
        "Reader 2",
        "p, C – D",
    ]
    assert len(table.columns) == 1


def test_table_3_says_what_a_benign_call_counts_for() -> None:
    table = layout(Task.MALIGNANT_THREE_WAY)
    assert [r.label for r in table.sections[0].rows][-2:] == ["p, E – G", "p, F – G"]
    assert any("is counted as wrong" in note for note in table.notes)


def test_table_4() -> None:
    table = agreement_layout(agreement_table(tiny_study()))
    assert [s.heading for s in table.sections] == ["seven-way", "benign/malignant", "malignant three-way"]
    accuracy, kappa, z, _ = row(table, "benign/malignant", "Model C").cells
    assert (accuracy.text, accuracy.detail) == ("83.3 (51.6–97.9)", "10/12")
    assert kappa.text.startswith("0.667 (")
    assert z.text == "2.3"
    assert select(tiny_study(), accuracy.cases).index.tolist() == [5, 10]


def test_inter_reader_table_ends_with_all_readers() -> None:
    rows = inter_reader_layout(agreement_table(tiny_study())).sections[0].rows
    assert [r.label for r in rows] == ["Reader 1 – Reader 2", "All 2 readers (Fleiss)"]
    for row in rows:
        assert (row.cells[-1].text, row.cells[-1].detail) == ("11", "4 differ")
        assert select(tiny_study(), row.cells[-1].cases).index.tolist() == [2, 8, 9, 10]


def test_a_diameter_that_nobody_knows_is_a_dash() -> None:
    data = tiny_study()
    unknown = replace(data, cases=data.cases.assign(lesion_mm=float("nan")))
    rows = composition_layout(cohort(unknown)).sections[0].rows
    assert {r.cells[3].text for r in rows} == {"–"}


def test_composition_and_flow() -> None:
    found = cohort(tiny_study())
    table = composition_layout(found)
    assert table.caption == "12 cases, 6 malignant"
    hcc = table.sections[0].rows[4]
    assert [c.text for c in hcc.cells] == ["3", "25.0", "3/3", "80 (75–85)"]
    assert select(tiny_study(), hcc.cells[0].cases).index.tolist() == [7, 8, 9]
    assert table.sections[0].rows[2].cells[3].text == "–"
    assert table.notes == ("Reference standard: histopathology in 6 cases; follow-up in 6 cases.",)
    flow = [r.cells[0] for r in flow_layout(found).sections[0].rows]
    assert [c.text for c in flow] == ["12", "12", "12", "11", "11"]
    assert [len(select(tiny_study(), c.cases)) for c in flow] == [12, 12, 12, 11, 11]


def test_readings_of_a_case() -> None:
    (section,) = readings_layout(dossier(tiny_study(), 9)).sections
    texts = [(r.label, r.cells[0].text, r.cells[0].detail, r.cells[1].text) for r in section.rows]
    assert texts == [
        ("Reader 1", "✓ HCC", "simulated", "80"),
        ("Reader 2", "✗ metastasis", "simulated", "80"),
        ("Consensus", "✓ HCC", "unanimous, simulated", "–"),
    ]
    data = tiny_study()
    assert readings_layout(dossier(replace(data, readings=data.readings.iloc[:0]), 12)).caption.startswith(
        "Nobody"
    )
    commented = data.readings.assign(comment="rim, no washout").iloc[:1]
    assert readings_layout(dossier(replace(data, readings=commented), 1)).notes == (
        "Reader 1: “rim, no washout”",
    )


def test_second_readings_and_the_reason_of_the_consensus_stand_beside_the_first() -> None:
    data = tiny_study()
    again = pd.DataFrame(
        [{"case_id": 9, "reader": "Reader 2", "lesion_class": 4, "comment": "capsule", "seconds": 20.0}]
    )
    decided = data.consensus.assign(reason="washout", seconds=41.0, mode="joint")
    table = readings_layout(dossier(replace(data, second_readings=again, consensus=decided), 9))
    texts = [(r.label, *(c.text for c in r.cells)) for r in table.sections[0].rows]
    assert texts[2:] == [
        ("Reader 2, before the consensus", "✓ HCC", "–", "20"),
        ("Consensus", "✓ HCC", "–", "41"),
    ]
    assert table.notes == ("Reader 2: “capsule”", "Consensus: “washout”")
