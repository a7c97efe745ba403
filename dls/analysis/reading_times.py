"""How long the readers take: active seconds a case, as the reading room measured them."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from dls.analysis.dataset import StudyData
from dls.analysis.printed import DASH, Cell, PrintedTable, Row, Section, p_value
from dls.analysis.system import System
from dls.analysis.undefined import Undefined, defined_or_reason
from dls.stats.reading_time import ReadingTime, TimeRatio, compare_times, reading_time


@dataclass(frozen=True, slots=True)
class ReaderTime:
    """Times of one reader.

    Parameters
    ----------
    seconds : active seconds by case; readings without a measured time are left out
    time : their summary
    against_first : ratio to the first reader's time in the cases that both have timed; None for the first
    simulated : timed readings that the demo made
    """

    reader: System
    seconds: pd.Series
    time: ReadingTime | Undefined
    against_first: TimeRatio | Undefined | None
    not_measured: int
    simulated: int


def reading_times(data: StudyData) -> tuple[ReaderTime, ...]:
    """Reading times of every reader."""
    found: list[ReaderTime] = []
    first: pd.Series | None = None
    for reader in data.readers:
        own = data.readings[data.readings["reader_id"] == reader.reader_id].set_index("case_id")
        timed = own["active_seconds"] > 0
        seconds = own.loc[timed, "active_seconds"].astype(float)
        found.append(
            ReaderTime(
                reader=reader,
                seconds=seconds,
                time=defined_or_reason(lambda s=seconds: reading_time(s.to_numpy())),  # type: ignore[misc]
                against_first=None if first is None else _ratio(seconds, first),
                not_measured=int((~timed).sum()),
                simulated=int(own.loc[timed, "simulated"].sum()),
            )
        )
        first = seconds if first is None else first
    return tuple(found)


def _ratio(seconds: pd.Series, first: pd.Series) -> TimeRatio | Undefined:
    both = seconds.index.intersection(first.index)
    return defined_or_reason(lambda: compare_times(seconds.loc[both].to_numpy(), first.loc[both].to_numpy()))


def time_layout(found: tuple[ReaderTime, ...]) -> PrintedTable:
    """A row a reader: median, geometric mean, ratio to the first reader, hours in all."""
    notes = [
        "Active seconds: pauses and other windows are not counted. Geometric mean with 95% CI, and ratio to "
        "the first reader in the cases of both by the paired t test of logarithms: Bland and Altman 1996.",
    ]
    simulated, timed = sum(r.simulated for r in found), sum(len(r.seconds) for r in found)
    notes += [f"{simulated} of {timed} times simulated."] if simulated else []
    untimed = [f"{r.reader.name} {r.not_measured}" for r in found if r.not_measured]
    notes += [f"Readings without a measured time: {', '.join(untimed)}."] if untimed else []
    notes += [f"{DASH}: {r.reader.name}: {r.time.reason}" for r in found if isinstance(r.time, Undefined)]
    return PrintedTable(
        name="reading-time",
        caption="Active reading time a case",
        columns=(
            Cell("Readings"),
            Cell("Median, s", "quartiles"),
            Cell("Geometric mean, s", "95% CI"),
            Cell("Ratio", "to the first reader, 95% CI"),
            Cell("p"),
            Cell("In all, h"),
        ),
        sections=(Section("", tuple(Row(r.reader.name, _cells(r)) for r in found)),),
        notes=tuple(notes),
    )


def _cells(row: ReaderTime) -> tuple[Cell, ...]:
    if isinstance(row.time, Undefined):
        return (Cell(f"{len(row.seconds)}"), *([Cell(DASH)] * 5))
    low, high = row.time.interval
    first, third = row.time.quartiles
    ratio = row.against_first
    compared = (Cell(DASH), Cell(DASH))
    if isinstance(ratio, TimeRatio):
        text = f"{ratio.ratio:.2f} ({ratio.interval.low:.2f}–{ratio.interval.high:.2f})"
        compared = Cell(text), Cell(p_value(ratio.pvalue))
    return (
        Cell(f"{row.time.n}"),
        Cell(f"{row.time.median:.0f} ({first:.0f}–{third:.0f})"),
        Cell(f"{row.time.geometric_mean:.1f} ({low:.1f}–{high:.1f})"),
        *compared,
        Cell(f"{row.time.total / 3600:.1f}"),
    )
