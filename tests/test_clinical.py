"""The coding table: levels at the cut-offs, missing values, and units that are caught."""

from __future__ import annotations

from dataclasses import fields

import numpy as np
import pytest

from dls.clinical import (
    VARIABLES,
    Categorical,
    ClinicalRecord,
    Numeric,
    code_names,
    convert,
    doubts,
    encode,
)
from dls.errors import InputError


def on(record: ClinicalRecord) -> set[str]:
    return {name for name, value in zip(code_names(), encode(record), strict=True) if value == 1}


def test_every_variable_is_a_field_with_a_source() -> None:
    assert [v.name for v in VARIABLES] == [f.name for f in fields(ClinicalRecord)]
    assert all(v.source for v in VARIABLES)
    assert all(v.unit for v in VARIABLES if isinstance(v, Numeric))


def test_sex_is_coded_as_in_the_paper() -> None:
    names = code_names()
    start = names.index("sex: female")
    assert encode(ClinicalRecord(sex="male"))[start : start + 3].tolist() == [0, 1, 0]
    assert encode(ClinicalRecord(sex="female"))[start : start + 3].tolist() == [1, 0, 0]


def test_missing_has_its_own_code_and_is_not_zero() -> None:
    nothing = encode(ClinicalRecord())
    assert nothing.sum() == len(VARIABLES)
    assert on(ClinicalRecord()) == {f"{v.name}: missing" for v in VARIABLES}
    assert not np.array_equal(nothing, encode(ClinicalRecord(afp=0.0)))


@pytest.mark.parametrize(
    ("values", "level"),
    [
        ({"afp": 20.0}, "afp: ≤20"),
        ({"afp": 20.1}, "afp: >20 to ≤400"),
        ({"afp": 400.5}, "afp: >400"),
        ({"cea": 5.0}, "cea: ≤5"),
        ({"ca125": 36}, "ca125: >35"),
        ({"ca19_9": 37.5}, "ca19_9: >37"),
        ({"psa": 4.1}, "psa: >4"),
        ({"albumin": 27.9}, "albumin: <28"),
        ({"albumin": 28.0}, "albumin: ≥28 to <35"),
        ({"albumin": 35.0}, "albumin: ≥35"),
        ({"bilirubin": 34.0}, "bilirubin: ≤34"),
        ({"bilirubin": 51.5}, "bilirubin: >51"),
        ({"prothrombin": 5.0}, "prothrombin: >4 to ≤6"),
        ({"encephalopathy": "grade 1-2"}, "encephalopathy: grade 1-2"),
        ({"cirrhosis_history": True}, "cirrhosis_history: yes"),
        ({"other_cancer": False}, "other_cancer: no"),
    ],
)
def test_levels_at_the_cut_offs(values: dict[str, object], level: str) -> None:
    assert level in on(ClinicalRecord.from_dict(values))


def test_bilirubin_in_the_wrong_unit_is_caught() -> None:
    with pytest.raises(InputError, match=r"looks like mg/dL.*enter 15\.4 µmol/L"):
        ClinicalRecord(bilirubin=0.9)


def test_albumin_in_the_wrong_unit_is_caught() -> None:
    with pytest.raises(InputError, match="looks like g/dL"):
        ClinicalRecord(albumin=4.1)


def test_a_bilirubin_that_may_be_in_either_unit_is_asked_about() -> None:
    assert "mg/dL" in doubts(ClinicalRecord(bilirubin=4.0))[0]
    assert "PSA" in doubts(ClinicalRecord(psa=1.0, sex="female"))[0]
    assert doubts(ClinicalRecord(bilirubin=12.0, psa=1.0, sex="male")) == ()


def test_units_are_converted_when_they_are_named() -> None:
    record = ClinicalRecord.from_dict({"bilirubin": 2.0, "albumin": None}, {"bilirubin": "mg/dL"})
    assert record.bilirubin == pytest.approx(34.2)
    assert convert("albumin", 3.5, "g/dL") == 35.0


@pytest.mark.parametrize(
    ("values", "units", "message"),
    [
        ({"afp": -1.0}, {}, "AFP is outside"),
        ({"age": 200}, {}, "Age is outside"),
        ({"afp": "high"}, {}, "AFP is not a number"),
        ({"afp": float("nan")}, {}, "AFP is not a number"),
        ({"sex": "m"}, {}, "Sex has an unknown value"),
        ({"other_cancer": 1}, {}, "Other cancer has an unknown value"),
        ({"alpha": 1.0}, {}, "Unknown clinical variable"),
        ({"bilirubin": 1.0}, {"bilirubin": "stone"}, "Unknown unit"),
        ({"sex": "male"}, {"sex": "mg"}, "Sex has no unit"),
        ({}, {"nothing": "mg"}, "Unit given for an unknown"),
    ],
)
def test_bad_values_are_refused(values: dict[str, object], units: dict[str, str], message: str) -> None:
    with pytest.raises(InputError, match=message):
        ClinicalRecord.from_dict(values, units)


def test_record_survives_its_dictionary() -> None:
    record = ClinicalRecord(age=61.0, sex="female", afp=3.5, ascites="slight", other_cancer=True)
    assert ClinicalRecord.from_dict(record.to_dict()) == record


def test_levels_of_categories_are_their_values() -> None:
    assert all(len(v.values) == len(v.levels) for v in VARIABLES if isinstance(v, Categorical))
