"""Readers' curves by their ranking of the classes, against counting pairs of cases."""

from __future__ import annotations

import json
from dataclasses import replace
from itertools import product

import numpy as np
import pytest

from dls.analysis.accuracy import accuracy_table
from dls.analysis.accuracy_layout import RANKING_METHOD, accuracy_layout
from dls.analysis.case_filter import CaseFilter, misjudged_from
from dls.analysis.case_selection import describe, select
from dls.analysis.dataset import StudyData, load
from dls.analysis.dossier import dossier
from dls.analysis.dossier_layout import readings_layout
from dls.analysis.standing import on_curves
from dls.analysis.study_filter import StudyFilter
from dls.analysis.subgroup_accuracy import Measure, Question, measures, subgroup_study
from dls.analysis.system import System, reader
from dls.domain import LesionClass, Task
from dls.errors import InputError
from dls.figures.roc import roc_panels
from dls.stats.delong import AucResult
from dls.study.reading import Entry, sign, worklist
from tests.analysis.tiny_study import tiny_study
from tests.study import tiny_study as stored

READER_1, READER_2 = reader(11, "Reader 1"), reader(12, "Reader 2")


@pytest.fixture
def data() -> StudyData:
    """Reader 1 ranked one to seven classes, the called one first; reader 2 was not asked."""
    whole, lots = tiny_study(), np.random.default_rng(3)
    rankings = []
    for row in whole.readings.itertuples():
        others = [c for c in lots.permutation(7).tolist() if c != row.lesion_class]
        ranked = [row.lesion_class, *others[: int(lots.integers(0, 7))]]
        rankings.append(json.dumps(ranked) if row.reader_id == READER_1.reader_id else "")
    return replace(whole, readings=whole.readings.assign(ranking=rankings))


def ranked(data: StudyData, system: System) -> dict[int, list[str]]:
    rows = data.readings[data.readings["reader_id"] == system.reader_id]
    return {
        case: [LesionClass(c).label for c in json.loads(text)]
        for case, text in zip(rows["case_id"], rows["ranking"], strict=True)
    }


def prefers(a: list[str], b: list[str], target: str) -> float:
    """1 when the class stands higher in the first ranking, 1/2 when as high; absent is below all."""
    place = [order.index(target) if target in order else 99 for order in (a, b)]
    return 1.0 if place[0] < place[1] else 0.5 * (place[0] == place[1])


@pytest.mark.parametrize("task", [Task.SEVEN_WAY, Task.MALIGNANT_THREE_WAY])
def test_the_area_is_the_share_of_pairs_in_the_right_order(data: StudyData, task: Task) -> None:
    table = accuracy_table(data, task)
    truth = data.truth(task)
    orders = {
        case: [c for c in order if c in task.classes]
        for case, order in ranked(data, READER_1).items()
        if case in truth.index
    }
    checked = 0
    for row in table.classes:
        curve = row.curve(READER_1.key)
        assert curve is not None
        if not isinstance(curve.auc, AucResult):
            continue
        index = task.classes.index(row.target)
        with_class = [o for c, o in orders.items() if truth[c] == index]
        without = [o for c, o in orders.items() if truth[c] != index]
        pairs = [prefers(a, b, row.target) for a, b in product(with_class, without)]
        assert curve.auc.auc == pytest.approx(np.mean(pairs))
        assert curve.n == len(orders)
        checked += 1
    assert checked >= 2
    assert table.readers_ranked


def test_a_reader_who_ranked_nothing_has_no_curve(data: StudyData) -> None:
    assert accuracy_table(data, Task.SEVEN_WAY).classes[0].curve(READER_2.key) is None
    with pytest.raises(InputError, match="Reader 2 ranked no classes"):
        data.rank_score(READER_2, "HCC", Task.SEVEN_WAY)
    assert not accuracy_table(tiny_study(), Task.SEVEN_WAY).readers_ranked


def test_malignancy_is_still_judged_by_the_confidence(data: StudyData) -> None:
    for mine, plain in zip(
        accuracy_table(data, Task.BENIGN_MALIGNANT).classes[0].curves,
        accuracy_table(tiny_study(), Task.BENIGN_MALIGNANT).classes[0].curves,
        strict=True,
    ):
        assert mine.auc == plain.auc


@pytest.mark.parametrize("threshold", range(1, 8))
def test_a_point_of_the_curve_opens_the_cases_that_are_wrong_from_there_on(
    data: StudyData, threshold: int
) -> None:
    chosen = CaseFilter(where=(misjudged_from(READER_1, "HCC", float(threshold)),))
    truth = data.truth(Task.SEVEN_WAY)
    wrong = [
        case
        for case, order in ranked(data, READER_1).items()
        if ("HCC" in order[: 8 - threshold]) != (truth[case] == LesionClass.HCC)
    ]
    assert select(data, chosen).index.tolist() == sorted(wrong)
    assert describe(data, chosen).endswith(f"called when among the first {8 - threshold} ranked")
    everywhere = CaseFilter(where=(misjudged_from(READER_1, "HCC", 0.0),))
    assert describe(data, everywhere).endswith("called always")


def test_tables_and_figures_say_that_a_curve_is_of_rankings(data: StudyData) -> None:
    table = accuracy_table(data, Task.SEVEN_WAY)
    assert RANKING_METHOD in accuracy_layout(table).notes
    assert RANKING_METHOD not in accuracy_layout(accuracy_table(tiny_study(), Task.SEVEN_WAY)).notes
    names = {trace.name for trace in roc_panels(table).data}
    assert "Reader 1, ranking" in names
    assert "Reader 2, ranking" not in names
    thresholds = next(t for t in roc_panels(table).data if t.name == "Reader 1, thresholds")
    assert all("called" in words for words in thresholds.text)


def test_the_dossier_tells_what_was_ranked_behind_the_class(data: StudyData) -> None:
    case, order = next((c, o) for c, o in ranked(data, READER_1).items() if len(o) > 2)
    (row, *_) = readings_layout(dossier(data, case)).sections[0].rows
    assert row.label == "Reader 1"
    assert row.cells[0].detail.startswith("then ")
    assert row.cells[0].detail.count(",") == len(order) - 2


def test_rankings_come_back_from_the_store(tmp_path) -> None:  # type: ignore[no-untyped-def]
    store = stored.tiny_study(tmp_path / "study.db", cases=3, ranking_asked=True)
    (first, *_) = worklist(store, 1)
    order = (LesionClass.HCC, LesionClass.METASTASIS, LesionClass.CYST)
    sign(store, 1, first.code, Entry(LesionClass.HCC, 90.0, ranking=order))
    read = load(store)
    system = read.readers[0]
    assert read.ranks_classes(system)
    assert not read.ranks_classes(read.readers[1])
    scores = [float(read.rank_score(system, c.label, Task.SEVEN_WAY).iloc[0]) for c in LesionClass]
    assert scores == [5.0, 0.0, 0.0, 0.0, 7.0, 6.0, 0.0]


def test_a_ranking_has_a_place_on_its_curve_and_an_area_in_every_subgroup(data: StudyData) -> None:
    table = accuracy_table(data, Task.SEVEN_WAY)
    case, order = next(iter(ranked(data, READER_1).items()))
    places = {s.target: s for s in on_curves(data, table, case) if s.system == READER_1}
    assert places[order[0]].score == len(Task.SEVEN_WAY.classes)
    assert Measure.AUC in measures(data, READER_1, Task.SEVEN_WAY)
    assert Measure.AUC not in measures(data, READER_2, Task.SEVEN_WAY)
    question = Question(READER_1, Task.SEVEN_WAY, "HCC", Measure.AUC)
    whole = subgroup_study(data, question, StudyFilter()).rows[0]
    curve = table.classes[Task.SEVEN_WAY.classes.index("HCC")].curve(READER_1.key)
    assert curve is not None
    assert whole.value == curve.auc
