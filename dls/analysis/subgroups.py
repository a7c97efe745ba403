"""Subgroups of cases: the levels of a factor such as scanner, sex or size of the lesion.

A case whose level is not known belongs to none of them.  Cuts of the diameter: 2 and 5 cm, as in the staging
of hepatocellular carcinoma (EASL guideline, J Hepatol 2018;69:182); cuts of the age: those of the clinical
coding table.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pandas as pd

from dls.domain import LesionClass
from dls.errors import InputError

SIZE_CUTS_MM = (20.0, 50.0)
AGE_CUTS = (40.0, 60.0)


@dataclass(frozen=True, slots=True)
class Factor:
    """Something by which cases are told apart.

    Parameters
    ----------
    name : in an address, such as "sex"
    label : in print, such as "Sex"
    column : column of the cases that it is read from
    level_of : value of that column -> name of its level
    order : names of the levels in order; empty for those found in the cases, sorted
    """

    name: str
    label: str
    column: str
    level_of: Callable[[object], str]
    order: tuple[str, ...] = ()

    def of(self, cases: pd.DataFrame) -> pd.Series:
        """Level of every case, by case id; cases whose level is not known are left out."""
        if self.column not in cases:
            return pd.Series(dtype=object, index=cases.index[:0])
        known = cases[self.column].dropna()
        return known.map({value: self.level_of(value) for value in known.unique()})

    def levels(self, cases: pd.DataFrame) -> tuple[str, ...]:
        """Levels that occur among the cases, in order."""
        found = set(self.of(cases).unique())
        return tuple(level for level in self.order or sorted(found) if level in found)


@dataclass(frozen=True, slots=True)
class Subgroup:
    """The cases of one level of a factor; in an address "<factor>:<level>"."""

    factor: str
    level: str

    def __str__(self) -> str:
        return f"{self.factor}:{self.level}"

    @property
    def words(self) -> str:
        """In print, such as "sex: female"."""
        label = factor(self.factor).label
        return f"{label[0].lower()}{label[1:]}: {self.level}"

    @classmethod
    def parse(cls, text: str) -> Subgroup:
        """Subgroup from its form in an address.

        Raises
        ------
        InputError
            when the text has no known factor or no level.
        """
        name, _, level = text.partition(":")
        if not level:
            raise InputError("A subgroup cannot be read", expected="<factor>:<level>", got=repr(text))
        return cls(factor(name).name, level)


def factor(name: str) -> Factor:
    """A factor by its name.

    Raises
    ------
    InputError
        when there is none of that name.
    """
    if name not in FACTORS:
        raise InputError("Unknown kind of subgroup", expected=" or ".join(FACTORS), got=repr(name))
    return FACTORS[name]


def _bands(cuts: tuple[float, float], unit: str) -> tuple[str, str, str]:
    low, high = cuts
    return f"up to {low:g} {unit}", f"over {low:g} to {high:g} {unit}", f"over {high:g} {unit}"


def _band(cuts: tuple[float, float], unit: str) -> Callable[[object], str]:
    """Level of a number; a cut belongs to the level below it."""
    return lambda value: _bands(cuts, unit)[sum(float(str(value)) > cut for cut in cuts)]


def _yes_no(value: object) -> str:
    return "yes" if value else "no"


FACTORS = {
    f.name: f
    for f in (
        Factor(
            "class",
            "Class",
            "lesion_class",
            lambda value: LesionClass(int(str(value))).label,
            tuple(c.label for c in LesionClass),
        ),
        Factor("size", "Diameter", "lesion_mm", _band(SIZE_CUTS_MM, "mm"), _bands(SIZE_CUTS_MM, "mm")),
        Factor("scanner", "Scanner", "scanner", str),
        Factor("sex", "Sex", "sex", str),
        Factor("age", "Age", "age", _band(AGE_CUTS, "years"), _bands(AGE_CUTS, "years")),
        Factor("cirrhosis", "Cirrhosis-related history", "cirrhosis_history", _yes_no, ("no", "yes")),
        Factor("cancer", "Other cancer", "other_cancer", _yes_no, ("no", "yes")),
        Factor("proof", "Reference standard", "reference_standard", str),
    )
}
"""Every factor by its name, in the order in which they are shown."""
