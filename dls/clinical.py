"""Clinical data of a patient: variables, units, cut-offs, and the one-hot code the networks read.

The coding table of Zhen et al. 2020 (supplement S3) is not public; the cut-offs here are the ones in general
clinical use, each with its source in `VARIABLES`.  A missing value has a code of its own and is never zero.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields

import numpy as np
from numpy.typing import NDArray

from dls.errors import InputError

CODING_VERSION = "1"
"""Changes whenever `encode` would give another vector for the same record."""

_CHILD_PUGH = "Child–Pugh classification (Pugh et al., Br J Surg 1973;60:646)"


@dataclass(frozen=True, slots=True)
class Numeric:
    """A measured quantity, cut into levels at clinical cut-offs.

    A value v is in level 0 when v < cuts[0], in level i when cuts[i-1] <= v < cuts[i]; where
    `inclusive_low` is true the cut belongs to the level below ("up to 20 ng/mL is normal").

    Parameters
    ----------
    plausible : lowest and highest value accepted, in `unit`
    other_units : other units with the factor that turns a value in them into `unit`
    """

    name: str
    label: str
    unit: str
    cuts: tuple[float, ...]
    plausible: tuple[float, float]
    source: str
    inclusive_low: bool = True
    other_units: tuple[tuple[str, float], ...] = ()

    @property
    def levels(self) -> tuple[str, ...]:
        """Name of each level, with its bounds."""
        below, above = ("≤", ">") if self.inclusive_low else ("<", "≥")
        inner = tuple(
            f"{above}{low:g} to {below}{high:g}"
            for low, high in zip(self.cuts[:-1], self.cuts[1:], strict=True)
        )
        return (f"{below}{self.cuts[0]:g}", *inner, f"{above}{self.cuts[-1]:g}")

    def level(self, value: float) -> int:
        """Index of the level that a value in `unit` falls into."""
        return int(np.searchsorted(self.cuts, value, side="left" if self.inclusive_low else "right"))

    def check(self, value: object) -> None:
        """Raise InputError when the value is no number or not plausible in `unit`."""
        if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
            raise InputError(
                f"{self.label} is not a number", expected=f"a number in {self.unit}", got=repr(value)
            )
        low, high = self.plausible
        if not low <= value <= high:
            raise InputError(
                f"{self.label} is outside its plausible range{self._other_unit_hint(value)}",
                expected=f"{low:g} to {high:g} {self.unit}",
                got=f"{value:g} {self.unit}",
                remedy=self._remedy(value),
            )

    def _meant_unit(self, value: float) -> str | None:
        low, high = self.plausible
        return next((unit for unit, factor in self.other_units if low <= value * factor <= high), None)

    def _other_unit_hint(self, value: float) -> str:
        unit = self._meant_unit(value)
        return f": it looks like {unit}" if unit else ""

    def _remedy(self, value: float) -> str:
        unit = self._meant_unit(value)
        if unit is None:
            return "correct the value, or leave it empty when it is not known"
        factor = dict(self.other_units)[unit]
        return (
            f"if it is in {unit}, enter {value * factor:.3g} {self.unit} (1 {unit} = {factor:g} {self.unit})"
        )


@dataclass(frozen=True, slots=True)
class Categorical:
    """A finding that takes one of a few named values."""

    name: str
    label: str
    values: tuple[object, ...]
    levels: tuple[str, ...]
    source: str
    unit: str = ""

    def level(self, value: object) -> int:
        """Index of the value."""
        return self.values.index(value)

    def check(self, value: object) -> None:
        """Raise InputError when the value is none of `values`."""
        if not any(value is v or (isinstance(v, str) and value == v) for v in self.values):
            raise InputError(
                f"{self.label} has an unknown value",
                expected="one of " + ", ".join(repr(v) for v in self.values) + ", or None when not known",
                got=repr(value),
            )


_YES_NO: tuple[object, ...] = (False, True)

VARIABLES: tuple[Numeric | Categorical, ...] = (
    Numeric("age", "Age", "years", (40.0, 60.0), (0.0, 120.0),
            "decades of the published cohorts: FNH below 40-50, HCC and metastases above"),
    Categorical("sex", "Sex", ("female", "male"), ("female", "male"),
                "Zhen et al., Front Oncol 2020;10:680, Methods: [1,0] female, [0,1] male"),
    Categorical("cirrhosis_history", "Cirrhosis-related history", _YES_NO, ("no", "yes"),
                "Zhen et al. 2020, Methods: chronic hepatitis B or C, cirrhosis, alcohol"),
    Categorical("other_cancer", "Other cancer", _YES_NO, ("no", "yes"),
                "Zhen et al. 2020, Methods: a malignancy known outside the liver"),
    Numeric("afp", "AFP", "ng/mL", (20.0, 400.0), (0.0, 5e6),
            "20 and 400 ng/mL: EASL guideline on HCC, J Hepatol 2018;69:182"),
    Numeric("cea", "CEA", "ng/mL", (5.0,), (0.0, 1e5),
            "5 ng/mL: ASCO tumour markers in gastrointestinal cancer, J Clin Oncol 2006;24:5313"),
    Numeric("ca125", "CA-125", "U/mL", (35.0,), (0.0, 1e5),
            "35 U/mL: Bast et al., N Engl J Med 1983;309:883"),
    Numeric("ca19_9", "CA19-9", "U/mL", (37.0,), (0.0, 1e6),
            "37 U/mL: Del Villano et al., Clin Chem 1983;29:549"),
    Numeric("psa", "PSA", "ng/mL", (4.0,), (0.0, 1e5),
            "4 ng/mL: Catalona et al., N Engl J Med 1991;324:1156"),
    Numeric("ferritin", "Ferritin", "ng/mL", (300.0,), (0.0, 1e5),
            "300 ng/mL: EASL guideline on haemochromatosis, J Hepatol 2022;77:479",
            other_units=(("µg/L", 1.0),)),
    Numeric("albumin", "Albumin", "g/L", (28.0, 35.0), (8.0, 70.0), _CHILD_PUGH, inclusive_low=False,
            other_units=(("g/dL", 10.0),)),
    Numeric("bilirubin", "Total bilirubin", "µmol/L", (34.0, 51.0), (2.5, 1000.0), _CHILD_PUGH,
            other_units=(("mg/dL", 17.1),)),
    Numeric("prothrombin", "Prolonged prothrombin time", "s", (4.0, 6.0), (-5.0, 60.0), _CHILD_PUGH),
    Categorical("encephalopathy", "Hepatic encephalopathy", ("none", "grade 1-2", "grade 3-4"),
                ("none", "grade 1-2", "grade 3-4"), _CHILD_PUGH),
    Categorical("ascites", "Ascites", ("none", "slight", "moderate"), ("none", "slight", "moderate"),
                _CHILD_PUGH),
)  # fmt: skip
"""The coding table, in the order of the code vector.

Child–Pugh's bilirubin steps of 2 and 3 mg/dL are 34 and 51 µmol/L; "prolonged prothrombin time" is in seconds
over control.
"""

_BY_NAME: dict[str, Numeric | Categorical] = {v.name: v for v in VARIABLES}
_BILIRUBIN_IN_DOUBT = 5.0


@dataclass(frozen=True, slots=True)
class ClinicalRecord:
    """What is known of a patient; None where it is not known.

    Units are those of `VARIABLES`.  Raises InputError on construction when a value is not plausible in its
    unit, such as a bilirubin in mg/dL given as µmol/L.
    """

    age: float | None = None
    sex: str | None = None
    cirrhosis_history: bool | None = None
    other_cancer: bool | None = None
    afp: float | None = None
    cea: float | None = None
    ca125: float | None = None
    ca19_9: float | None = None
    psa: float | None = None
    ferritin: float | None = None
    albumin: float | None = None
    bilirubin: float | None = None
    prothrombin: float | None = None
    encephalopathy: str | None = None
    ascites: str | None = None

    def __post_init__(self) -> None:
        for variable in VARIABLES:
            value = getattr(self, variable.name)
            if value is not None:
                variable.check(value)

    def to_dict(self) -> dict[str, object]:
        """Variable name -> value; JSON-able."""
        return asdict(self)

    @classmethod
    def from_dict(
        cls, values: Mapping[str, object], units: Mapping[str, str] | None = None
    ) -> ClinicalRecord:
        """Record from names and values; absent names are missing.

        Parameters
        ----------
        units : unit of a variable where it is not the table's, for example {"bilirubin": "mg/dL"}

        Raises
        ------
        InputError
            on an unknown name, an unknown unit or a value that is not plausible.
        """
        known = {f.name for f in fields(cls)}
        unknown = sorted(set(values) - known)
        if unknown:
            raise InputError(
                "Unknown clinical variable",
                expected="names among " + ", ".join(sorted(known)),
                got=", ".join(unknown),
            )
        stray = sorted(set(units or {}) - known)
        if stray:
            raise InputError("Unit given for an unknown clinical variable", got=", ".join(stray))
        converted = {
            name: convert(name, value, units[name])
            if units and name in units and value is not None
            else value
            for name, value in values.items()
        }
        return cls(**converted)  # type: ignore[arg-type]


def convert(name: str, value: object, unit: str) -> float:
    """Value of a numeric variable in the table's unit.

    Raises
    ------
    InputError
        when the variable has no unit, the unit is not known for it, or the value is no number.
    """
    variable = _BY_NAME[name]
    if not isinstance(variable, Numeric):
        raise InputError(f"{variable.label} has no unit", got=repr(unit))
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise InputError(f"{variable.label} is not a number", expected=f"a number in {unit}", got=repr(value))
    if unit == variable.unit:
        return float(value)
    factors = dict(variable.other_units)
    if unit not in factors:
        raise InputError(
            f"Unknown unit of {variable.label}",
            expected=" or ".join([variable.unit, *factors]),
            got=repr(unit),
        )
    return float(value) * factors[unit]


def doubts(record: ClinicalRecord) -> tuple[str, ...]:
    """Questions to ask about values that are possible but more likely in another unit or context.

    A total bilirubin below 5 µmol/L is rare in adults and is a usual figure in mg/dL; a PSA in a woman is
    more likely to be another marker.
    """
    questions = []
    if record.bilirubin is not None and record.bilirubin < _BILIRUBIN_IN_DOUBT:
        questions.append(
            f"Total bilirubin is {record.bilirubin:g} µmol/L: is it in mg/dL "
            f"({record.bilirubin * 17.1:.3g} µmol/L)?"
        )
    if record.psa is not None and record.sex == "female":
        questions.append(f"PSA is {record.psa:g} ng/mL in a woman: is it another marker?")
    return tuple(questions)


def code_names() -> tuple[str, ...]:
    """Name of each element of the code vector, "variable: level"."""
    return tuple(f"{v.name}: {level}" for v in VARIABLES for level in (*v.levels, "missing"))


def encode(record: ClinicalRecord) -> NDArray[np.float32]:
    """One-hot code (n_codes,) of a record: one 1 per variable, the last place of each being "missing"."""
    parts = []
    for variable in VARIABLES:
        value = getattr(record, variable.name)
        block = np.zeros(len(variable.levels) + 1, dtype=np.float32)
        block[len(variable.levels) if value is None else variable.level(value)] = 1.0
        parts.append(block)
    return np.concatenate(parts)
