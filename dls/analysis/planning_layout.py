"""Cases that a coming study of the readers needs, laid out for print."""

from __future__ import annotations

import pandas as pd

from dls.analysis.printed import DASH, Cell, PrintedTable, Row, Section
from dls.analysis.undefined import Undefined, defined_or_reason
from dls.stats.mrmc import VarianceComponents
from dls.stats.power import power_table

READERS = range(3, 13)
POWER = 0.8
ALPHA = 0.05
NONE_ENOUGH = f"{DASH}: no number of cases is enough; below it the most power that any gives."


def planning_layout(components: VarianceComponents, effect: float) -> PrintedTable:
    """A column a number of readers: the cases with which a difference of areas is found.

    Parameters
    ----------
    components : of the study at hand, which is the pilot
    effect : difference of the areas of two conditions that matters
    """
    found = defined_or_reason(
        lambda: power_table(components, effect, READERS, desired_power=POWER, alpha=ALPHA)
    )
    cells = (
        tuple(Cell(DASH) for _ in READERS)
        if isinstance(found, Undefined)
        else tuple(_cell(row.n_cases, float(row.power)) for row in found.itertuples())  # type: ignore[arg-type]
    )
    return PrintedTable(
        name="cases-needed",
        caption=f"Cases that a coming study needs to find a difference of {effect:g} between two areas",
        columns=tuple(Cell(f"{readers}", "readers") for readers in READERS),
        sections=(Section("", (Row("Cases", cells),)),),
        notes=(
            f"Power {POWER:g}, two-sided level {ALPHA:g}, random readers and cases, from this study's "
            "variance components and share of malignant cases (Hillis, Obuchowski and Berbaum 2011).",
            NONE_ENOUGH if not isinstance(found, Undefined) else f"{DASH}: {found.reason}",
        ),
    )


def _cell(cases: int, power: float) -> Cell:
    return Cell(DASH, f"{power:.2f}") if pd.isna(cases) else Cell(f"{cases:,}")
