"""The supplementary results of the twelve-case study: what is there, and its numbers by hand."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.stats import norm, rankdata

from dls.analysis.dataset import StudyData, load
from dls.analysis.supplement import Supplement, supplement
from dls.analysis.supplement_long_form import supplement_long_form
from dls.domain import LesionClass
from dls.study.protocol import Protocol, create_study
from dls.study.store import Store
from tests.analysis.test_aided import CROSSED, SEQUENTIAL, naive, read_study
from tests.analysis.tiny_store import tiny_store


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Store:
    return tiny_store(tmp_path_factory.mktemp("supplement") / "study.db")


@pytest.fixture(scope="module")
def data(store: Store) -> StudyData:
    return load(store)


@pytest.fixture(scope="module")
def numbers(store: Store, data: StudyData) -> pd.DataFrame:
    found = supplement(store, data)
    return supplement_long_form(found).set_index(["table", "system", "target", "measure"])


def rank_auc(positive: np.ndarray, score: np.ndarray) -> float:
    """Area by mid-ranks."""
    m = positive.sum()
    return float((rankdata(score)[positive].sum() - m * (m + 1) / 2) / (m * (~positive).sum()))


def test_only_what_is_defined_is_there(store: Store, data: StudyData) -> None:
    found = supplement(store, data)
    assert [a.model.key for a in found.against_readers] == ["C", "D", "A", "B"]
    assert found.modalities is None
    assert found.aided is None
    assert [t.reader.name for t in found.times] == ["Reader 1", "Reader 2"]
    assert [s.question.system.key for s in found.subgroups] == ["C", "D", "A", "B"]
    labels = {(c.system.key, row.target) for c in found.calibration for row in c.classes}
    assert ("A", LesionClass.CYST.label) in labels


def test_a_study_without_cases_has_none(tmp_path: Path) -> None:
    store = Store(tmp_path / "study.db")
    with store.write() as connection:
        connection.execute(
            "INSERT INTO account (username, name, role, password_hash, disabled, created_at) "
            "VALUES ('r', 'R', 'reader', '', 0, '2026-01-01T00:00:00+00:00')"
        )
    create_study(store, "Empty", Protocol(readers=(1,)))
    assert supplement(store, load(store)) == Supplement()


def test_the_numbers_are_those_of_a_hand_calculation(data: StudyData, numbers: pd.DataFrame) -> None:
    positive = data.cases["lesion_class"] >= LesionClass.HCC
    p = data.scores["C"]["malignant"]
    brier = numbers.loc[("calibration", "Model C", "malignant", "Brier score")]
    losses = (p - positive) ** 2
    assert brier["value"] == pytest.approx(losses.mean())
    assert brier["high"] == pytest.approx(
        losses.mean() + norm.isf(0.025) * losses.std(ddof=1) / len(losses) ** 0.5
    )
    for threshold in (0.1, 0.5, 0.9):
        acted = p >= threshold
        worth = (acted & positive).mean() - (acted & ~positive).mean() * threshold / (1 - threshold)
        place = ("decision-curve", "Model C", "malignant", f"net benefit at {threshold:.0%}")
        assert numbers.loc[place, "value"] == pytest.approx(worth)
    second = data.cases["scanner"] == "vendor 2, 3 T"
    group = numbers.loc[("subgroups", "Model C", "malignant", "AUC, Scanner: vendor 2, 3 T")]
    assert group["value"] == pytest.approx(rank_auc(positive[second].to_numpy(), p[second].to_numpy()))
    assert (group["count"], group["n"]) == (3, 6)
    time = numbers.loc[("reading-time", "Reader 1", "all", "geometric mean, s")]
    assert (time["value"], time["n"]) == (pytest.approx(30), 11)


def test_readers_less_a_model_is_the_difference_of_mean_areas(data: StudyData, numbers: pd.DataFrame) -> None:
    both = data.cases.index.drop(12)
    positive = (data.cases.loc[both, "lesion_class"] >= LesionClass.HCC).to_numpy()
    areas = [rank_auc(positive, data.malignancy(r).loc[both].to_numpy()) for r in data.readers]
    model = rank_auc(positive, data.scores["D"]["malignant"].loc[both].to_numpy())
    place = ("model-against-readers", "Mean of the readers vs Model D", "malignant")
    row = numbers.loc[(*place, "AUC difference, fixed readers, random cases")]
    assert row["value"] == pytest.approx(np.mean(areas) - model)
    assert row["n"] == 11


@pytest.mark.parametrize("sessions", [SEQUENTIAL, CROSSED], ids=["sequential", "crossover"])
def test_readers_with_the_model_are_there_where_the_protocol_shows_it(tmp_path: Path, sessions) -> None:
    store = read_study(tmp_path / "study.db", *sessions)
    found = supplement(store, load(store))
    assert found.aided is not None
    assert found.modalities is not None
    long = supplement_long_form(found).set_index(["table", "system", "target", "measure"])
    expected = naive(store, 1, sequential=sessions is SEQUENTIAL)
    for measure, target, name in (
        ("McNemar p, accuracy", "all", "p"),
        ("net reclassification", "malignant", "nri"),
        ("net benefit without", "malignant", "benefit_before"),
        ("net benefit with", "malignant", "benefit_after"),
        ("time ratio", "all", "ratio"),
    ):
        assert long.loc[("aided", "Reader 1", target, measure), "value"] == pytest.approx(expected[name])
    both = [naive(store, reader, sequential=sessions is SEQUENTIAL) for reader in (1, 2)]
    gain = np.mean([one["benefit_after"] - one["benefit_before"] for one in both])
    place = ("aided", "Mean of the readers", "malignant", "net benefit gain")
    assert long.loc[place, "value"] == pytest.approx(gain)
    assert {"aided vs unaided"} <= set(long.loc["modalities"].index.get_level_values("system"))
