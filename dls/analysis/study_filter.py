"""The part of a study that is looked at: a filter over its cases, its readers and their sessions.

A filter travels as query parameters, so that a view can be linked to and shared::

    ?class=HCC&class=cyst&size=10-30&scanner=SIEMENS+3+T&reader=2&session=1&confidence=40-60&subgroup=sex:female
    ?opinion=shown

Values of one parameter are alternatives; different parameters all have to hold.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import pandas as pd

from dls.analysis.case_filter import QueryParameters
from dls.analysis.dataset import StudyData
from dls.analysis.subgroups import Subgroup, factor
from dls.domain import LesionClass
from dls.errors import InputError

PARAMETERS = ("class", "size", "scanner", "proof", "reader", "session", "opinion", "confidence", "subgroup")
FIRST_SESSION = 1
SHOWN = "shown"


@dataclass(frozen=True, slots=True)
class Span:
    """Numbers from `low` to `high`, both included; None is no bound.  In an address "10-30", "10-" or "-30".

    Raises
    ------
    InputError
        when there is no bound, or the lower one is above the upper one.
    """

    low: float | None = None
    high: float | None = None

    def __post_init__(self) -> None:
        if self.low is None and self.high is None:
            raise InputError("A range has no bound", expected="10-30, 10- or -30")
        if self.low is not None and self.high is not None and self.low > self.high:
            raise InputError("A range ends before it begins", got=str(self), remedy="exchange its bounds")

    def __str__(self) -> str:
        return f"{_number(self.low)}-{_number(self.high)}"

    @property
    def words(self) -> str:
        """In print, such as "10–30", "from 10" or "up to 30"."""
        if self.low is None:
            return f"up to {_number(self.high)}"
        return f"from {_number(self.low)}" if self.high is None else f"{self.low:g}–{self.high:g}"

    def holds(self, values: pd.Series) -> pd.Series:
        """Which values lie in the range; one that is not known does not."""
        inside = values.notna()
        if self.low is not None:
            inside &= values >= self.low
        if self.high is not None:
            inside &= values <= self.high
        return inside

    @classmethod
    def parse(cls, text: str) -> Span:
        """Range from its form in an address.

        Raises
        ------
        InputError
            when the text is no range of numbers from 0 on.
        """
        low, dash, high = text.partition("-")
        try:
            bounds = [float(bound) if bound else None for bound in (low, high)]
        except ValueError as error:
            raise InputError("A range cannot be read", expected="10-30, 10- or -30", got=text) from error
        if not dash or any(bound is not None and not 0 <= bound < float("inf") for bound in bounds):
            raise InputError("A range cannot be read", expected="10-30, 10- or -30", got=text)
        return cls(*bounds)


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.10g}"


@dataclass(frozen=True, slots=True)
class StudyFilter:
    """Which part of the study to look at; a part that is empty or None is no condition.

    Parameters
    ----------
    classes : true classes
    size : diameter of the lesion in mm
    scanners, proofs : scanner, and reference standard, as the cases name them
    readers : account ids; the others' readings are left out, the consensus stays
    session : the readers' session whose readings are analysed
    aided : whether the readings are those with the model's opinion; the consensus is of those without it
    confidence : mean confidence for malignancy (0-100) of the readers who are left; a case without one is out
    subgroups : levels of factors; those of one factor are alternatives
    """

    classes: tuple[LesionClass, ...] = ()
    size: Span | None = None
    scanners: tuple[str, ...] = ()
    proofs: tuple[str, ...] = ()
    readers: tuple[int, ...] = ()
    session: int = FIRST_SESSION
    aided: bool = False
    confidence: Span | None = None
    subgroups: tuple[Subgroup, ...] = ()

    @property
    def active(self) -> bool:
        """Whether it leaves anything out, or looks at another session, or at readings with the opinion."""
        return self != StudyFilter()

    def to_query(self) -> QueryParameters:
        """The filter as query parameters; parts that are no condition are not there."""
        query: QueryParameters = {}
        lists = {
            "class": [c.label for c in self.classes],
            "scanner": list(self.scanners),
            "proof": list(self.proofs),
            "reader": [str(r) for r in self.readers],
            "subgroup": [str(s) for s in self.subgroups],
        }
        query |= {name: values for name, values in lists.items() if values}
        if self.size is not None:
            query["size"] = str(self.size)
        if self.confidence is not None:
            query["confidence"] = str(self.confidence)
        if self.session != FIRST_SESSION:
            query["session"] = str(self.session)
        if self.aided:
            query["opinion"] = SHOWN
        return query

    @classmethod
    def from_query(cls, query: Mapping[str, Sequence[str]]) -> StudyFilter:
        """The filter of query parameters, each a list of values; other parameters are left alone.

        Raises
        ------
        InputError
            for a class, range, number, condition or subgroup that cannot be.
        """
        return cls(
            classes=_each(LesionClass.parse, query, "class"),
            size=_one(Span.parse, query, "size"),
            scanners=_each(str, query, "scanner"),
            proofs=_each(str, query, "proof"),
            readers=_each(_whole, query, "reader"),
            session=_one(_whole, query, "session") or FIRST_SESSION,
            aided=bool(_one(_shown, query, "opinion")),
            confidence=_one(Span.parse, query, "confidence"),
            subgroups=_each(Subgroup.parse, query, "subgroup"),
        )


def _each(parse, query: Mapping[str, Sequence[str]], name: str) -> tuple:  # type: ignore[no-untyped-def]
    """Parsed values of a parameter, each once."""
    return tuple(dict.fromkeys(parse(value) for value in query.get(name, ())))


def _one(parse, query: Mapping[str, Sequence[str]], name: str):  # type: ignore[no-untyped-def]
    values = query.get(name, ())
    return parse(values[0]) if values else None


def _whole(text: str) -> int:
    if not (text.isascii() and text.isdecimal()) or int(text) < 1:
        raise InputError("A filter in the address cannot be read", expected="a number from 1 on", got=text)
    return int(text)


def _shown(text: str) -> bool:
    if text != SHOWN:
        raise InputError("A filter in the address cannot be read", expected=f"opinion={SHOWN}", got=text)
    return True


@dataclass(frozen=True, slots=True)
class Part:
    """What a filter leaves of a study: the filter in words, and how many of the cases."""

    chosen: StudyFilter
    words: str
    cases: int
    total: int

    def __str__(self) -> str:
        return f"Part of the study ({self.words}): {self.cases} of {self.total} cases"


def restrict(data: StudyData, chosen: StudyFilter) -> StudyData:
    """The study reduced to the part that a filter leaves.

    Parameters
    ----------
    data : the whole study, with the readings of the filter's session and condition

    Raises
    ------
    InputError
        when a reader, scanner, reference standard or subgroup does not occur in the study.
    """
    if not chosen.active:
        return data
    _check(data, chosen)
    if chosen.readers:
        left = tuple(r for r in data.readers if r.reader_id in chosen.readers)
        ids = [r.reader_id for r in left]
        read, again = (table[table["reader_id"].isin(ids)] for table in (data.readings, data.repeats))
        both_ways = data.every_reading[data.every_reading["reader_id"].isin(ids)]
        data = replace(data, readers=left, readings=read, repeats=again, every_reading=both_ways)
    return data.of_cases(data.cases.index[_kept(data, chosen)])


def _kept(data: StudyData, chosen: StudyFilter) -> pd.Series:
    cases = data.cases
    kept = pd.Series(True, index=cases.index)
    if chosen.classes:
        kept &= cases["lesion_class"].isin([int(c) for c in chosen.classes])
    if chosen.size is not None:
        kept &= chosen.size.holds(cases["lesion_mm"])
    if chosen.scanners:
        kept &= cases["scanner"].isin(chosen.scanners)
    if chosen.proofs:
        kept &= cases["reference_standard"].isin(chosen.proofs)
    for name in dict.fromkeys(s.factor for s in chosen.subgroups):
        levels = [s.level for s in chosen.subgroups if s.factor == name]
        kept &= factor(name).of(cases).isin(levels).reindex(cases.index, fill_value=False)
    if chosen.confidence is not None:
        mean = data.readings.groupby("case_id")["malignancy"].mean()
        kept &= chosen.confidence.holds(mean.reindex(cases.index))
    return kept


def _check(data: StudyData, chosen: StudyFilter) -> None:
    known: dict[str, tuple[Sequence[object], Sequence[object]]] = {
        "scanner": (chosen.scanners, sorted(data.cases["scanner"].unique())),
        "reference standard": (chosen.proofs, sorted(data.cases["reference_standard"].unique())),
        "reader": (chosen.readers, [r.reader_id for r in data.readers]),
    }
    for subgroup in chosen.subgroups:
        levels = factor(subgroup.factor).levels(data.cases)
        known[f"subgroup {subgroup}"] = ((subgroup.level,), levels)
    for what, (wanted, there) in known.items():
        unknown = [value for value in wanted if value not in there]
        if unknown:
            raise InputError(
                f"The study has no such {what}",
                expected=" or ".join(map(str, there)) or "one that occurs in the study",
                got=", ".join(map(str, unknown)),
                remedy="clear the filter",
            )


def part(whole: StudyData, chosen: StudyFilter) -> Part:
    """Count and words of a filter; errors as `restrict`."""
    left = restrict(whole, chosen)
    return Part(chosen, describe(whole, chosen), len(left.cases), len(whole.cases))


def describe(data: StudyData, chosen: StudyFilter) -> str:
    """A filter in words, such as "HCC or cyst; 10–30 mm; sex: female"."""
    names = {r.reader_id: r.name for r in data.readers}
    parts = [" or ".join(c.label for c in chosen.classes)]
    parts += [f"{chosen.size.words} mm"] if chosen.size is not None else []
    parts += [" or ".join(chosen.scanners), " or ".join(chosen.proofs)]
    parts += [" or ".join(s.words for s in group) for group in _by_factor(chosen.subgroups)]
    parts += ["readers: " + ", ".join(names[r] for r in chosen.readers)] if chosen.readers else []
    parts += [f"session {chosen.session}"] if chosen.session != FIRST_SESSION else []
    parts += [_condition(data)] if chosen.aided else []
    if chosen.confidence is not None:
        parts.append(f"mean confidence for malignancy {chosen.confidence.words}")
    return "; ".join(p for p in parts if p) or "all"


def _condition(data: StudyData) -> str:
    """Whose answers are with the model's opinion, and whose are not."""
    return "readings with the model's opinion" + (", consensus without it" if len(data.consensus) else "")


def _by_factor(subgroups: tuple[Subgroup, ...]) -> list[list[Subgroup]]:
    return [[s for s in subgroups if s.factor == name] for name in dict.fromkeys(s.factor for s in subgroups)]
