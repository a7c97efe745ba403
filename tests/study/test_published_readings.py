"""The Van Dyke study, from its table to a study and back to its published statistics."""

from __future__ import annotations

import math
from pathlib import Path

import pandas as pd
import pytest

from dls.analysis.agreement import agreement_table
from dls.analysis.aided import aided_study
from dls.analysis.dataset import load
from dls.analysis.undefined import Undefined
from dls.domain import LesionClass
from dls.errors import InputError
from dls.stats.crossed import crossed_ratings
from dls.stats.mrmc import obuchowski_rockette
from dls.study.audit import verify
from dls.study.database import CHEAP_PASSWORDS
from dls.study.design import CaseCriteria, database_cases, ineligible
from dls.study.order import verify_order
from dls.study.protocol import freeze_id, protocol
from dls.study.published_readings import FROM_CLASS, Meaning, import_published
from dls.study.reading_files import long_ratings
from dls.study.store import Store
from tests.study.tiny_study import row_counts

VANDYKE = Path(__file__).parents[2] / "data" / "golden" / "vandyke.csv"
MEANING = Meaning("1", 3)


@pytest.fixture(scope="module")
def table() -> pd.DataFrame:
    return pd.read_csv(VANDYKE)


@pytest.fixture
def empty(tmp_path: Path) -> Store:
    return Store(tmp_path / "study.db", password_cost=CHEAP_PASSWORDS)


def test_its_published_analysis_comes_out_of_the_study(empty: Store, table: pd.DataFrame) -> None:
    """Random readers and cases: data of Van Dyke et al. 1993, by MRMCaov 0.3.0 and RJafroc 2.1.3."""
    store = import_published(empty, table, "Van Dyke", MEANING)
    found = obuchowski_rockette(crossed_ratings(long_ratings(store), modality="treatment"))
    (difference,) = found.analyses["RRRC"].differences
    assert difference.difference == pytest.approx(-0.0438003220611916, abs=1e-12)
    assert difference.pvalue == pytest.approx(0.0516656858192944, abs=1e-9)
    assert (len(store.cases()), len(store.readings())) == (114, 1140)
    assert not store.readings()["simulated"].any()
    assert verify(store).ok
    assert verify_order(store) == ()
    assert freeze_id(store) is not None
    assert "Truth 1 is kept as other primary malignancy" in protocol(store).analysis_plan


def test_a_modality_that_was_aided_is_compared_with_the_other(empty: Store, table: pd.DataFrame) -> None:
    meaning = Meaning("1", 3, LesionClass.HCC, LesionClass.CYST, aided="2")
    found = aided_study(import_published(empty, table, "Van Dyke", meaning))
    assert not isinstance(found.areas, Undefined)
    (difference,) = found.areas.analyses["RRRC"].differences
    assert difference.difference == pytest.approx(0.0438003220611916, abs=1e-12)
    assert difference.pvalue == pytest.approx(0.0516656858192944, abs=1e-9)
    assert [row.n for row in found.readers] == [114] * 5


def classes(**columns: object) -> pd.DataFrame:
    """Two readers and four cases; truth and class by name or number."""
    rows = {
        "reader": ["a", "a", "a", "a", "b", "b", "b", "b"],
        "case": ["1", "2", "3", "4"] * 2,
        "truth": ["cyst", "HCC", 5, "FNH"] * 2,
        "class": ["cyst", "HCC", "metastatic malignancy", 1, "FNH", 5, "5", "fnh"],
    }
    return pd.DataFrame({**rows, **columns})


def test_a_table_of_classes_becomes_a_seven_way_study(empty: Store) -> None:
    store = import_published(empty, classes(), "Seven-way", Meaning())
    assert store.cases()["lesion_class"].tolist() == [0, 4, 5, 2]
    readings = store.readings().sort_values(["reader_id", "case_id"])
    assert readings["lesion_class"].tolist() == [0, 4, 5, 1, 2, 5, 5, 2]
    assert readings["malignancy"].tolist() == [0, 100, 100, 0, 0, 100, 100, 0]
    assert set(readings["comment"]) == {FROM_CLASS}
    assert "as lesion classes" in protocol(store).analysis_plan
    rows = {r.system.name: r for r in agreement_table(load(store)).rows}
    assert [(rows[f"Reader {n}" if f"Reader {n}" in rows else n].accuracy.count) for n in ("a", "b")] == [
        3,
        2,
    ]
    assert verify(store).ok


def test_classes_with_ratings_keep_both(empty: Store) -> None:
    store = import_published(empty, classes(rating=[1, 5, 4, 2, 1, 3, 5, 1]), "Both", Meaning())
    readings = store.readings().sort_values(["reader_id", "case_id"])
    assert readings["lesion_class"].tolist() == [0, 4, 5, 1, 2, 5, 5, 2]
    assert readings["malignancy"].tolist() == [0, 100, 75, 25, 0, 50, 100, 0]
    assert set(readings["comment"]) == {""}


@pytest.mark.parametrize(
    ("given", "meaning", "message"),
    [
        (classes(truth="abscess"), Meaning(), "inflammatory lesions are out of scope"),
        (classes(**{"class": ""}), Meaning(), "missing"),
        (classes(), Meaning("1", 3), "leave --called-from out"),
        (classes().drop(columns="class"), Meaning(), "rating or class"),
        (classes(rating=1.0).drop(columns="class"), Meaning(), "--called-from RATING"),
    ],
)
def test_classes_that_do_not_do_make_nothing(
    empty: Store, given: pd.DataFrame, meaning: Meaning, message: str
) -> None:
    before = row_counts(empty)
    with pytest.raises(InputError, match=message):
        import_published(empty, given, "Seven-way", meaning)
    assert row_counts(empty) == before


def test_two_published_studies_share_a_file(empty: Store, table: pd.DataFrame) -> None:
    first = import_published(empty, table, "Van Dyke", MEANING)
    second = import_published(empty, table, "Van Dyke", MEANING)
    assert (first.study_id, second.study_id) == (1, 2)
    assert first.cases()["code"].iloc[0] == "P-1"
    assert second.cases()["code"].iloc[0] == "P2-1"
    assert len(second.readings()) == 1140
    assert verify(second).ok


def test_a_diameter_that_nobody_knows_is_missing(empty: Store, table: pd.DataFrame) -> None:
    store = import_published(empty, table, "Van Dyke", MEANING)
    assert store.cases()["lesion_mm"].isna().all()
    assert math.isnan(store.case(1).lesion_mm)
    assert ineligible(database_cases(store), CaseCriteria()) == {}
    assert ineligible(database_cases(store), CaseCriteria(smallest_mm=0.5)) == {
        "of another or unknown size": 114
    }


BAD = {
    "a column": (lambda t: t.drop(columns="rating"), MEANING, "column of the readings"),
    "a value": (lambda t: t.assign(reader=t["reader"].where(t.index > 0)), MEANING, "missing"),
    "a rating": (lambda t: t.assign(rating="high"), MEANING, "no number"),
    "twice": (lambda t: pd.concat([t, t.head(1)]), MEANING, "twice"),
    "two truths": (lambda t: t.assign(truth=(t["truth"] + (t.index == 0)) % 2), MEANING, "two truths"),
    "positive": (lambda t: t, Meaning("sick", 3), "marks no case"),
    "classes": (lambda t: t, Meaning("1", 3, negative_class=LesionClass.HCC), "one malignant and one benign"),
    "aided": (lambda t: t, Meaning("1", 3, aided="3"), "One of two modalities"),
}  # fmt: skip


@pytest.mark.parametrize("fault", BAD)
def test_a_table_that_does_not_do_makes_nothing(empty: Store, table: pd.DataFrame, fault: str) -> None:
    spoil, meaning, message = BAD[fault]
    before = row_counts(empty)
    with pytest.raises(InputError, match=message):
        import_published(empty, spoil(table), "T", meaning)  # type: ignore[no-untyped-call]
    assert row_counts(empty) == before


def test_a_study_without_a_title_makes_nothing(empty: Store, table: pd.DataFrame) -> None:
    before = row_counts(empty)
    with pytest.raises(InputError, match="needs a title"):
        import_published(empty, table, " ", MEANING)
    assert row_counts(empty) == before
