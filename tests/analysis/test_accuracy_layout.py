from dls.analysis.accuracy import accuracy_table
from dls.analysis.accuracy_layout import accuracy_layout
from dls.analysis.printed import PrintedTable, Row
from dls.analysis.system import CONSENSUS
from dls.domain import Task
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


def test_a_p_value_has_its_discordant_pairs() -> None:
    cell = row(layout(Task.SEVEN_WAY), "Sensitivity, %", "p, B – reader consensus").cells[4]
    assert (cell.text, cell.detail) == ("1.000", "1 : 2")


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
