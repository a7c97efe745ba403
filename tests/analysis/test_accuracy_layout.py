import numpy as np
import pytest

from dls.analysis.accuracy import accuracy_table
from dls.analysis.accuracy_layout import accuracy_layout
from dls.analysis.printed import PrintedTable, Row
from dls.analysis.system import CONSENSUS
from dls.analysis.undefined import Undefined
from dls.domain import Task
from dls.stats.delong import AucComparisons
from tests.analysis.tiny_study import tiny_study, two_patients_of_two


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
    assert [r.label for r in table.sections[0].rows][-3:] == ["p, E – G", "p, F – G", "p, E = F = G"]
    assert any("is counted as wrong" in note for note in table.notes)


def test_models_are_compared_by_the_difference_of_their_areas_and_all_at_once() -> None:
    data = tiny_study()
    table = accuracy_table(data, Task.MALIGNANT_THREE_WAY)
    found = table.classes[0]
    assert found.all_models is not None
    assert isinstance(found.all_models.result, AucComparisons)
    area = {key: found.curve(key).auc.auc for key in "EFG"}  # type: ignore[union-attr]
    shown = accuracy_layout(table)
    pair, every = row(shown, "AUC", "p, E – G").cells[0], row(shown, "AUC", "p, E = F = G").cells[0]
    assert pair.detail.startswith(f"{area['E'] - area['G']:+.3f} (".replace("-", "−"))
    y = (data.truth(Task.MALIGNANT_THREE_WAY) == 0).to_numpy()
    scores = [data.scores[k]["HCC"].to_numpy() for k in "EFG"]
    wins = [[[(p > n) + (p == n) / 2 for n in x[~y]] for p in x[y]] for x in scores]
    rows, columns = np.mean(wins, axis=2), np.mean(wins, axis=1)
    covariance = np.cov(rows) / y.sum() + np.cov(columns) / (~y).sum()
    contrast = np.array([[1, -1, 0], [1, 0, -1]])
    apart, spread = contrast @ rows.mean(axis=1), contrast @ covariance @ contrast.T
    statistic = apart @ np.linalg.pinv(spread) @ apart
    assert found.all_models.result.statistic == pytest.approx(statistic)
    assert every.detail == f"χ² {statistic:.1f}, df {np.linalg.matrix_rank(spread)}"
    assert accuracy_table(data, Task.SEVEN_WAY).classes[0].all_models is None


def test_a_note_says_what_an_adjustment_leaves() -> None:
    table = accuracy_table(tiny_study(), Task.SEVEN_WAY, CONSENSUS)
    exact = [t for c in table.classes for p in c.against_comparator for t in (p.sensitivity, p.specificity)]
    defined = [t.p_exact for t in exact if not isinstance(t, Undefined)]
    least = min(p * len(defined) for p in defined)
    (note,) = (n for n in accuracy_layout(table).notes if n.startswith("p is not adjusted"))
    below = sum(p < 0.05 for p in defined)
    assert f"McNemar {below} of {len(defined)}, adjusted {int(least < 0.05)}" in note
    assert f"DeLong 0 of {len(table.families()['DeLong'])}" in note
    assert not any(
        "not adjusted" in n
        for n in accuracy_layout(accuracy_table(tiny_study(), Task.BENIGN_MALIGNANT)).notes
    )


def test_patients_with_several_cases_are_said() -> None:
    said = {
        task: [
            n for n in accuracy_layout(accuracy_table(two_patients_of_two(), task)).notes if "patient" in n
        ]
        for task in Task
    }
    alike = "more than one case; intervals and tests take cases as independent."
    assert said == {
        Task.SEVEN_WAY: [f"2 patients have {alike}"],
        Task.BENIGN_MALIGNANT: [f"2 patients have {alike}"],
        Task.MALIGNANT_THREE_WAY: [f"1 patient has {alike}"],
    }
    assert not any("patient" in note for task in Task for note in layout(task).notes)
