"""Readers against themselves, in cases met twice: against loops over the stored readings."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from dls.analysis.case_filter import CaseFilter, changed
from dls.analysis.case_selection import describe, select
from dls.analysis.dataset import StudyData, load
from dls.analysis.dossier import dossier
from dls.analysis.dossier_layout import readings_layout
from dls.analysis.intra_reader import IntraReader, intra_reader
from dls.analysis.intra_reader_layout import intra_reader_layout
from dls.analysis.printed import DASH
from dls.analysis.study_filter import StudyFilter, restrict
from dls.domain import LesionClass
from dls.errors import InputError
from dls.stats.repeatability import RepeatedClasses, RepeatedRatings
from dls.study.reading import Entry, sign, worklist
from dls.study.store import Store
from tests.analysis.tiny_study import tiny_study as twelve_cases
from tests.study.tiny_study import tiny_study

CASES, REPEATS = 30, 8


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Store:
    """Two readers who answer by chance and meet eight cases twice; reader 2 is not done."""
    folder = tmp_path_factory.mktemp("repeats")
    store = tiny_study(folder / "study.db", cases=CASES, hidden_repeats=REPEATS)
    lots = np.random.default_rng(8)
    for reader in (1, 2):
        own = worklist(store, reader)
        for one in own[: len(own) - (6 if reader == 2 else 0)]:
            called = LesionClass(int(lots.integers(3, 6)))
            sign(
                store,
                reader,
                one.code,
                Entry(called, float(lots.integers(0, 101)), active_seconds=10, wall_seconds=10),
            )
    return store


@pytest.fixture(scope="module")
def data(store: Store) -> StudyData:
    return load(store)


def met_twice(store: Store, reader: int) -> dict[int, tuple[tuple[int, float], tuple[int, float]]]:
    """By case: class and confidence the first time and the second, by a loop over the database."""
    answers: dict[int, dict[int, tuple[int, float]]] = {}
    with store.read() as connection:
        for row in connection.execute("SELECT * FROM reading WHERE reader_id = ?", (reader,)):
            answers.setdefault(row["case_id"], {})[row["occasion"]] = (row["lesion_class"], row["malignancy"])
    return {case_id: (of[1], of[2]) for case_id, of in answers.items() if 2 in of}


def test_every_reader_is_compared_with_herself_in_the_cases_met_twice(store: Store, data: StudyData) -> None:
    found = intra_reader(data)
    assert [r.reader for r in found] == list(data.readers)
    assert found[0].n == REPEATS > found[1].n > 0
    for of in found:
        pairs = met_twice(store, of.reader.reader_id).values()
        same = sum(first[0] == again[0] for first, again in pairs)
        differences = [again[1] - first[1] for first, again in pairs]
        assert isinstance(of.classes, RepeatedClasses)
        assert isinstance(of.malignancy, RepeatedRatings)
        assert (of.n, of.n - of.differ) == (len(pairs), same)
        assert (of.classes.agreement.count, of.classes.n) == (same, len(pairs))
        assert of.malignancy.bias == pytest.approx(np.mean(differences))
        within = np.sqrt(np.mean(np.square(differences)) / 2)
        assert of.malignancy.repeatability_coefficient == pytest.approx(1.96 * np.sqrt(2) * within)
        assert not of.simulated


def test_a_count_opens_the_cases_that_got_two_classes(store: Store, data: StudyData) -> None:
    for of in intra_reader(data):
        pairs = met_twice(store, of.reader.reader_id)
        expected = [case_id for case_id, (first, again) in sorted(pairs.items()) if first[0] != again[0]]
        chosen = CaseFilter(where=(changed(of.reader),))
        assert select(data, chosen).index.tolist() == expected
        assert len(expected) == of.differ > 0
        assert CaseFilter.from_query({"where": [str(changed(of.reader))]}) == chosen
        assert describe(data, chosen).endswith(f"{of.reader.name} gave two classes, meeting it twice")
        (row,) = (
            r for r in intra_reader_layout(intra_reader(data)).sections[0].rows if r.label == of.reader.name
        )
        assert row.cells[0].cases == chosen
        assert row.cells[0].detail == f"{of.n - of.differ}/{of.n}"


def test_a_model_meets_no_case_twice(data: StudyData) -> None:
    with pytest.raises(InputError, match="Only a reader"):
        data.repeated_calls(twelve_cases().models[0])


def test_repeats_follow_the_part_of_the_study(data: StudyData) -> None:
    one = restrict(data, StudyFilter(readers=(2,)))
    assert [r.reader.reader_id for r in intra_reader(one)] == [2]
    assert set(one.repeats["reader_id"]) == {2}
    kept = data.repeats["case_id"].iloc[0]
    assert set(data.of_cases([kept]).repeats["case_id"]) == {kept}


def test_no_other_analysis_counts_them(data: StudyData) -> None:
    without = replace(data, repeats=data.repeats.iloc[:0])
    assert len(data.repeats)
    assert data.reading_count() == without.reading_count()
    assert not data.readings.duplicated(["reader_id", "case_id"]).any()


def test_the_dossier_has_both_readings(data: StudyData) -> None:
    again = data.repeats.iloc[0]
    labels = [r.label for r in readings_layout(dossier(data, int(again["case_id"]))).sections[0].rows]
    assert again["reader"] in labels
    assert f"{again['reader']}, met again" in labels


def test_a_study_without_repeats_has_no_row() -> None:
    assert intra_reader(twelve_cases()) == ()


def test_simulated_readings_are_named_and_what_is_not_defined_is_a_dash() -> None:
    whole = twelve_cases()
    once = whole.readings[(whole.readings["reader_id"] == 11) & (whole.readings["case_id"] == 2)]
    (found,) = intra_reader(replace(whole, repeats=pd.concat([once])))
    assert isinstance(found, IntraReader)
    table = intra_reader_layout((found,))
    assert table.notes[-1] == "Simulated readings: Reader 1."
    (row,) = table.sections[0].rows
    assert [c.text for c in row.cells] == ["100 (2.5–100)", DASH, DASH, DASH]
    assert row.cells[0].cases is None


def test_first_and_second_meetings_are_kept_apart(store: Store, data: StudyData) -> None:
    occasions = store.readings().groupby("occasion").size()
    assert occasions.to_dict() == {1: len(data.readings), 2: len(data.repeats)}
