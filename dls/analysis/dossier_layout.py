"""The readings of one case, laid out for print."""

from __future__ import annotations

from dls.analysis.dossier import CaseReading, Dossier
from dls.analysis.labels import mark, short_label
from dls.analysis.printed import DASH, Cell, PrintedTable, Row, Section


def readings_layout(found: Dossier) -> PrintedTable:
    """Readings of one case, first and second, and the consensus: class, whether right, confidence, time."""
    rows = [_reading_row(r.reader, r) for r in found.readings]
    rows += [_reading_row(f"{r.reader}, met again", r) for r in found.repeats]
    rows += [_reading_row(f"{r.reader}, before the consensus", r) for r in found.second_readings]
    agreed = found.consensus
    if agreed is not None:
        how = agreed.mode + (", simulated" if agreed.simulated else "")
        rows.append(
            Row(
                "Consensus",
                (
                    Cell(f"{mark(right=agreed.correct)} {short_label(agreed.label)}", how),
                    Cell(DASH),
                    Cell(f"{agreed.seconds:.0f}" if agreed.seconds else DASH),
                ),
            )
        )
    said = [(r.reader, r.comment) for r in (*found.readings, *found.repeats, *found.second_readings)]
    said += [("Consensus", agreed.reason)] if agreed is not None else []
    return PrintedTable(
        name=f"readings-{found.code}",
        caption="Readings" if rows else "Nobody has read this case yet",
        columns=(Cell("Class"), Cell("Malignancy", "0–100"), Cell("Active", "s")),
        sections=(Section("", tuple(rows)),),
        notes=tuple(f"{who}: “{words}”" for who, words in said if words),
    )


def _reading_row(name: str, reading: CaseReading) -> Row:
    then = ["then " + ", ".join(map(short_label, reading.ranking[1:]))] if reading.ranking[1:] else []
    made = "; ".join([*then, *(["simulated"] if reading.simulated else [])])
    sure = DASH if reading.malignancy is None else f"{reading.malignancy:.0f}"
    called = Cell(f"{mark(right=reading.correct)} {short_label(reading.label)}", made)
    return Row(name, (called, Cell(sure), Cell(f"{reading.seconds:.0f}")))
