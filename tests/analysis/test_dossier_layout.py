from dataclasses import replace

import pandas as pd

from dls.analysis.dossier import dossier
from dls.analysis.dossier_layout import readings_layout
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
