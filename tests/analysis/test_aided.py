"""Readers without and with the model, against loops over the stored readings."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

import numpy as np
import pytest
from scipy.stats import binomtest, ttest_1samp

from dls.analysis.aided import AidedStudy, aided_pairs, aided_study
from dls.analysis.aided_layout import aided_layout
from dls.analysis.printed import to_csv
from dls.analysis.undefined import Undefined
from dls.domain import LesionClass
from dls.errors import InputError
from dls.study import imports
from dls.study.opinion import model_opinion
from dls.study.order import assign
from dls.study.protocol import SessionPlan
from dls.study.reading import Entry, sign, worklist
from dls.study.store import Store
from tests.study.test_patients import delivered
from tests.study.tiny_study import tiny_study

SEQUENTIAL = (SessionPlan(1, "S", "sequential"),)
CROSSED = (SessionPlan(1, "First", "crossover"), SessionPlan(2, "Second", "crossover"))
CASES = 14


def read_study(
    path: Path,
    *sessions: SessionPlan,
    hidden_repeats: int = 0,
    skip: int = 0,
    patients: Mapping[int, str] = MappingProxyType({}),
) -> Store:
    """Two readers with answers by chance, better with the model; reader 2 leaves `skip` cases unread.

    `patients` names those of whom there is an import, by case; cases of one name are of one patient.
    """
    store = tiny_study(
        path, cases=CASES, assigned=False, sessions=sessions, models=("D",), hidden_repeats=hidden_repeats
    )
    store.add_predictions("D", "ab" * 32, list(range(1, CASES + 1)), [0] * CASES, [[0.3, 0.7]] * CASES)
    for case_id, name in patients.items():
        imports.add(store, delivered(name, case_id), case_id=case_id)
    assign(store)
    lots = np.random.default_rng(4)
    truth = store.cases()["lesion_class"]
    for reader in (1, 2):
        for session in sorted({s.number for s in sessions}):
            own = [a for a in worklist(store, reader) if a.session == session]
            for one in own[: len(own) - (skip if reader == 2 and session == len(sessions) else 0)]:
                for stage in {"sequential": (1, 2), "unaided": (1,), "aided": (2,)}[one.condition]:
                    if stage == 2:
                        model_opinion(store, reader, one.code)
                    right = lots.random() < (0.8 if stage == 2 else 0.5)
                    called = int(truth[one.case_id]) if right else int(lots.integers(7))
                    seconds = float(lots.uniform(5, 60)) if lots.random() > 0.1 else 0.0
                    sure = float(lots.integers(50, 100) if called >= 4 else lots.integers(0, 50))
                    entry = Entry(LesionClass(called), sure, active_seconds=seconds, wall_seconds=seconds)
                    sign(store, reader, one.code, entry)
    return store


def naive(store: Store, reader: int, *, sequential: bool) -> dict[str, float]:
    """The same figures by loops, from the rows of the database."""
    with store.read() as connection:
        rows = connection.execute(
            "SELECT * FROM reading WHERE reader_id = ? AND occasion = 1", (reader,)
        ).fetchall()
        truth = {r["id"]: r["lesion_class"] for r in connection.execute("SELECT * FROM patient_case")}
    by_stage = {stage: {r["case_id"]: r for r in rows if r["stage"] == stage} for stage in (1, 2)}
    both = sorted(by_stage[1].keys() & by_stage[2].keys())
    better = worse = changed = 0
    events, nonevents = [], []
    benefit = [0.0, 0.0]
    logs = []
    for case in both:
        before, after = by_stage[1][case], by_stage[2][case]
        right = [row["lesion_class"] == truth[case] for row in (before, after)]
        better += right[1] and not right[0]
        worse += right[0] and not right[1]
        changed += before["lesion_class"] != after["lesion_class"]
        calls = [row["lesion_class"] >= 4 for row in (before, after)]
        (events if truth[case] >= 4 else nonevents).append(int(calls[1]) - int(calls[0]))
        for side in (0, 1):
            if calls[side]:
                benefit[side] += (1 if truth[case] >= 4 else -1) / len(both)
        seconds = [before["active_seconds"], after["active_seconds"]]
        if min(seconds) > 0:
            with_model = seconds[1] + (seconds[0] if sequential else 0)
            logs.append(math.log(with_model) - math.log(seconds[0]))
    return {
        "n": len(both),
        "changed": changed,
        "better": better,
        "worse": worse,
        "p": binomtest(better, better + worse).pvalue,
        "nri": sum(events) / len(events) - sum(nonevents) / len(nonevents),
        "benefit_before": benefit[0],
        "benefit_after": benefit[1],
        "ratio": math.exp(sum(logs) / len(logs)),
        "p_time": ttest_1samp(logs, 0).pvalue,
    }


@pytest.mark.parametrize(
    ("sessions", "repeats", "skip"),
    [(SEQUENTIAL, 0, 0), (SEQUENTIAL, 2, 3), (CROSSED, 0, 0), (CROSSED, 1, 4)],
)
def test_every_figure_is_that_of_a_loop(
    tmp_path: Path, sessions: tuple[SessionPlan, ...], repeats: int, skip: int
) -> None:
    store = read_study(tmp_path / "s.db", *sessions, hidden_repeats=repeats, skip=skip)
    study = aided_study(store)
    for row in study.readers:
        expected = naive(store, row.reader.reader_id, sequential=sessions is SEQUENTIAL)
        assert not isinstance(row.accuracy, Undefined)
        assert not isinstance(row.reclassified, Undefined)
        assert not isinstance(row.benefit, Undefined)
        assert not isinstance(row.time, Undefined)
        got = {
            "n": row.n,
            "changed": row.changed,
            "better": row.accuracy.only_a,
            "worse": row.accuracy.only_b,
            "p": row.accuracy.p_exact,
            "nri": row.reclassified.improvement,
            "benefit_before": row.benefit[0],
            "benefit_after": row.benefit[1],
            "ratio": row.time.ratio,
            "p_time": row.time.pvalue,
        }
        assert got == pytest.approx(expected)
        assert row.n + row.n_missing == CASES


def test_the_areas_are_of_the_confidence_with_and_without(tmp_path: Path) -> None:
    store = read_study(tmp_path / "s.db", *SEQUENTIAL)
    study, pairs = aided_study(store), aided_pairs(store)
    assert not isinstance(study.areas, Undefined)
    assert study.areas.modalities == ("aided", "unaided")
    for i, reader in enumerate((1, 2)):
        own = pairs[pairs["reader_id"] == reader]
        for j, side in enumerate(("aided", "unaided")):
            scores = [own.loc[own["truth"].ge(4) == sick, f"malignancy_{side}"] for sick in (True, False)]
            wins = [(p > n) + (p == n) / 2 for p in scores[0] for n in scores[1]]
            assert study.areas.auc[j, i] == pytest.approx(np.mean(wins))


def test_the_gain_is_the_mean_of_the_readers(tmp_path: Path) -> None:
    study = aided_study(read_study(tmp_path / "s.db", *CROSSED), threshold=0.25)
    assert not isinstance(study.benefit, Undefined)
    gains = [
        row.benefit[1] - row.benefit[0] for row in study.readers if not isinstance(row.benefit, Undefined)
    ]
    assert study.benefit.estimate == pytest.approx(np.mean(gains))
    assert study.benefit.interval.low <= study.benefit.estimate <= study.benefit.interval.high


def test_revisions_count_as_the_newest(tmp_path: Path) -> None:
    from dls.study.reading import revise

    store = read_study(tmp_path / "s.db", *SEQUENTIAL)
    one = worklist(store, 1)[0]
    revise(store, 1, one.code, Entry(LesionClass.FNH, 7), "slip")
    row = aided_pairs(store).query("reader_id == 1 and case_id == @one.case_id")
    assert row["class_aided"].tolist() == [int(LesionClass.FNH)]


def test_before_any_reading_everything_is_undefined_and_printed_as_such(tmp_path: Path) -> None:
    store = tiny_study(tmp_path / "s.db", sessions=SEQUENTIAL)
    study = aided_study(store)
    assert isinstance(study.areas, Undefined)
    assert isinstance(study.benefit, Undefined)
    assert [row.n_missing for row in study.readers] == [4, 4]
    assert "No case has both readings" in to_csv(aided_layout(study))


def test_an_unaided_study_has_no_such_comparison(tmp_path: Path) -> None:
    store = tiny_study(tmp_path / "s.db")
    with pytest.raises(InputError, match="not shown the model's opinion"):
        aided_study(store)
    with pytest.raises(InputError, match="threshold"):
        aided_study(tiny_study(tmp_path / "t.db", sessions=SEQUENTIAL), threshold=1)


def test_the_printed_table_holds_the_figures(tmp_path: Path) -> None:
    study: AidedStudy = aided_study(read_study(tmp_path / "s.db", *SEQUENTIAL))
    text = to_csv(aided_layout(study))
    row = study.readers[0]
    assert not isinstance(row.accuracy, Undefined)
    assert f"right only with,{row.accuracy.only_a}," in text
    assert f"right only without,{row.accuracy.only_b}," in text
    assert "the time with the model is that of both readings" in text
    assert "RRRC" in text


def test_the_gain_in_benefit_draws_patients_with_all_of_their_lesions(tmp_path: Path) -> None:
    """Cases 1 and 8, 2 and 9 ... are of one patient: the error is that of the mean of seven patients."""
    whose = {case: "abcdef0"[(case - 1) % 7] for case in range(1, CASES + 1)}
    several = read_study(tmp_path / "several.db", *SEQUENTIAL, patients=whose)
    found, apart = (
        aided_study(store).benefit for store in (several, read_study(tmp_path / "one.db", *SEQUENTIAL))
    )
    assert not isinstance(found, Undefined)
    assert not isinstance(apart, Undefined)
    worth = {case: [] for case in whose}
    for row in aided_pairs(several).itertuples():
        step = (row.class_aided >= 4) - (row.class_unaided >= 4)
        worth[row.case_id].append(step if row.truth >= 4 else -step)
    of_patient = [np.mean([np.mean(worth[case]) for case in (first, first + 7)]) for first in range(1, 8)]
    assert found.estimate == apart.estimate == pytest.approx(np.mean(of_patient))
    assert (found.n_clusters, apart.n_clusters) == (7, 14)
    assert found.standard_error == pytest.approx(np.std(of_patient) / np.sqrt(7), rel=0.06)
    assert tuple(found.interval) != tuple(apart.interval)
