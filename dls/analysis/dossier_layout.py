"""The readings of one case, laid out for print."""

from __future__ import annotations

from dls.analysis.conditions import WHOLE_TIME
from dls.analysis.dossier import CaseReading, Dossier
from dls.analysis.labels import mark, short_label
from dls.analysis.printed import DASH, Cell, PrintedTable, Row, Section


def readings_layout(found: Dossier) -> PrintedTable:
    """Readings of one case, first and second, and the consensus: class, whether right, confidence, time.

    Below stands what the models said to those who read with their opinion.
    """
    sessions = len({r.session for r in found.readings}) > 1
    named = [(_meeting(r, sessions=sessions), r) for r in found.readings]
    named += [(_meeting(r, sessions=sessions, again=True), r) for r in found.repeats]
    rows = [_reading_row(name, r) for name, r in named]
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
    said = [(name, r.comment) for name, r in named]
    said += [(r.reader, r.comment) for r in found.second_readings]
    said += [("Consensus", agreed.reason)] if agreed is not None else []
    return PrintedTable(
        name=f"readings-{found.code}",
        caption="Readings" if rows else "Nobody has read this case yet",
        columns=(Cell("Class"), Cell("Malignancy", "0–100"), Cell("Active", "s")),
        sections=(Section("", tuple(rows)),),
        notes=(*(f"{who}: “{words}”" for who, words in said if words), *_opinion_notes(found)),
    )


def _meeting(reading: CaseReading, *, sessions: bool, again: bool = False) -> str:
    """Who read, and what sets the reading apart from the reader's others."""
    apart = [f"session {reading.session}"] if sessions else []
    apart += ["met again"] if again else []
    apart += ["with the model"] if reading.aided else []
    return ", ".join([reading.reader, *apart])


def _opinion_notes(found: Dossier) -> list[str]:
    """What each model said, and to whom; and what the time with it is."""
    told: dict[str, list[str]] = {}
    for reading in (*found.readings, *found.repeats):
        for opinion in reading.shown:
            scores = sorted(zip(opinion.classes, opinion.scores, strict=True), key=lambda of: -of[1])
            listed = ", ".join(f"{short_label(label)} {score:.2f}" for label, score in scores)
            words = f"model {opinion.letter} called it {short_label(opinion.called)} ({listed})"
            told.setdefault(words, []).append(reading.reader)
    notes = [f"Shown to {', '.join(dict.fromkeys(readers))}: {words}" for words, readers in told.items()]
    unaided, aided = ({(r.reader, r.session) for r in found.readings if r.aided is a} for a in (False, True))
    return [*notes, WHOLE_TIME] if unaided & aided else notes


def _reading_row(name: str, reading: CaseReading) -> Row:
    then = ["then " + ", ".join(map(short_label, reading.ranking[1:]))] if reading.ranking[1:] else []
    made = "; ".join([*then, *(["simulated"] if reading.simulated else [])])
    sure = DASH if reading.malignancy is None else f"{reading.malignancy:.0f}"
    called = Cell(f"{mark(right=reading.correct)} {short_label(reading.label)}", made)
    return Row(name, (called, Cell(sure), Cell(f"{reading.seconds:.0f}")))
