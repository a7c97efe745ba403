from dataclasses import replace
from pathlib import Path

import pandas as pd

from dls.analysis.dataset import load
from dls.analysis.dossier import dossier
from dls.analysis.dossier_layout import readings_layout
from dls.analysis.printed import PrintedTable
from dls.study.opinion import shown_on
from dls.study.store import Store
from tests.analysis.test_aided import CROSSED, SEQUENTIAL, read_study
from tests.analysis.tiny_study import tiny_study


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


def layout_of(store: Store, case: int) -> PrintedTable:
    return readings_layout(dossier(load(store), case, shown_on(store, case)))


def test_readings_with_the_model_stand_beside_the_first(tmp_path: Path) -> None:
    store = read_study(tmp_path / "study.db", *SEQUENTIAL)
    rows = store.readings().query("case_id == 3").set_index(["reader", "stage"])
    table = layout_of(store, 3)
    assert [r.label for r in table.sections[0].rows[:4]] == [
        "Reader 1",
        "Reader 1, with the model",
        "Reader 2",
        "Reader 2, with the model",
    ]
    for row, key in zip(table.sections[0].rows, [("Reader 1", 1), ("Reader 1", 2)], strict=False):
        assert row.cells[1].text == f"{rows.loc[key, 'malignancy']:.0f}"
    times = [rows.loc[("Reader 1", stage), "active_seconds"] for stage in (1, 2)]
    assert min(times) > 0
    assert [r.cells[2].text for r in table.sections[0].rows[:2]] == [f"{times[0]:.0f}", f"{sum(times):.0f}"]
    assert table.notes == (
        "Shown to Reader 1, Reader 2: model D called it malignant (malignant 0.70, benign 0.30)",
        "Sequential: the time with the model is that of both readings",
    )


def test_of_several_sessions_each_reading_names_its_own(tmp_path: Path) -> None:
    store = read_study(tmp_path / "study.db", *CROSSED)
    rows = store.readings().query("case_id == 3").sort_values(["reader", "session"])
    table = layout_of(store, 3)
    assert [r.label for r in table.sections[0].rows] == [
        f"{r.reader}, session {r.session}{', with the model' if r.stage == 2 else ''}"
        for r in rows.itertuples()
    ]
    assert not any("Sequential" in note for note in table.notes)
