"""Counts that open their cases, and the notes below a table that say so."""

from __future__ import annotations

from dls.analysis.case_filter import CaseFilter
from dls.analysis.printed import DASH, Cell, p_value
from dls.analysis.undefined import Undefined
from dls.stats.mcnemar import McNemarResult

LINKS = "A count opens the cases that were wrong."
PARTED_LINKS = "The lower number of the cases opens those on which they differ."
DISCORDANT_LINKS = "The two numbers below a p open the cases that only one of the two had right."
CHANGED_LINKS = "A count opens the cases that got two classes from the reader."
BOTH_WAYS_LINKS = (
    "Counts open their cases: of an accuracy those that were wrong, of a difference those only one way right."
)
SUBGROUP_LINKS = "A count opens the cases that were wrong, for an area all of its cases."
CELL_LINKS = "A count opens its cases."
ON_SCREEN = (
    LINKS,
    PARTED_LINKS,
    DISCORDANT_LINKS,
    CHANGED_LINKS,
    BOTH_WAYS_LINKS,
    SUBGROUP_LINKS,
    CELL_LINKS,
)
"""Notes that speak of a table's links, which it has on a page only."""


def differ_cell(cases: int, differ: int, chosen: CaseFilter) -> Cell:
    """A number of cases over those of them that differ, which open theirs."""
    return Cell(f"{cases}", f"{differ} differ", chosen if differ else None)


def discordant_cell(test: McNemarResult | Undefined, parted: CaseFilter) -> Cell:
    """McNemar's p over the discordant pairs, which open their cases."""
    if isinstance(test, Undefined):
        return Cell(DASH)
    opens = test.only_a + test.only_b > 0
    return Cell(p_value(test.p_exact), f"{test.only_a} : {test.only_b}", parted if opens else None)
