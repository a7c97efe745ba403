from __future__ import annotations

import numpy as np
import pytest

from dls.domain import MODELS, Task
from dls.errors import ConflictError, InputError
from dls.study.protocol import Protocol, create_study
from dls.study.store import Store
from tests.study.tiny_study import new_case, row_counts

HASH = "ab" * 32
OTHER = "cd" * 32
SCORES = np.array([[0.2, 0.8], [0.4, 0.6], [1.0, 0.0]])


def test_scores_come_back_by_group_and_by_patient(store: Store) -> None:
    store.add_predictions("D", HASH, [2, 1, 1], [0, 1, 0], SCORES)
    groups = store.group_scores("D")
    assert groups.columns.tolist() == ["case_id", "group", "benign", "malignant"]
    assert groups.to_numpy().tolist() == [[1, 0, 1.0, 0.0], [1, 1, 0.4, 0.6], [2, 0, 0.2, 0.8]]
    patients = store.patient_scores("D")
    assert patients.index.name == "case_id"
    assert patients.loc[1].tolist() == pytest.approx([0.7, 0.3], abs=1e-15)
    assert patients.loc[2].tolist() == [0.2, 0.8]


@pytest.mark.parametrize("letter", MODELS)
def test_every_model_has_its_classes_in_order(store: Store, letter: str) -> None:
    classes = MODELS[letter].task.classes
    scores = np.random.default_rng(3).dirichlet(np.ones(len(classes)), 4).astype(np.float32)
    store.add_predictions(letter, HASH, [1, 1, 2, 3], [0, 1, 0, 0], scores)
    groups = store.group_scores(letter)
    assert groups.columns.tolist()[2:] == list(classes)
    np.testing.assert_array_equal(groups[list(classes)].to_numpy(), scores.astype(float))
    np.testing.assert_allclose(store.patient_scores(letter).sum(axis=1), 1, atol=1e-6)


def test_a_model_without_predictions_has_an_empty_frame(store: Store) -> None:
    assert store.group_scores("A").columns.tolist() == ["case_id", "group", *Task.SEVEN_WAY.classes]
    assert len(store.group_scores("A")) == 0
    assert len(store.patient_scores("A")) == 0
    assert store.packages() == {}


def test_the_newest_package_is_shown_while_the_protocol_is_open(store: Store) -> None:
    store.add_predictions("D", HASH, [1], [0], [[0.2, 0.8]])
    store.add_predictions("D", OTHER, [1], [0], [[0.6, 0.4]])
    assert store.packages() == {"D": OTHER}
    assert store.patient_scores("D").loc[1].tolist() == [0.6, 0.4]


def test_a_package_of_another_study_hides_none(store: Store) -> None:
    store.add_predictions("D", HASH, [1], [0], [[0.2, 0.8]])
    other = Store(store.path, study_id=create_study(store, "Other", Protocol(readers=(1,))))
    (theirs,) = other.add_cases([new_case(9)])
    other.add_predictions("D", OTHER, [theirs], [0], [[0.6, 0.4]])
    assert store.packages() == {"D": HASH}
    assert store.patient_scores("D").loc[1].tolist() == [0.2, 0.8]
    assert other.packages() == {"D": OTHER}


@pytest.mark.parametrize(
    ("made", "message"),
    [
        (("Z", HASH, [1], [0], [[0.5, 0.5]]), "Unknown model"),
        (("D", "short", [1], [0], [[0.5, 0.5]]), "64 hexadecimal digits"),
        (("D", HASH, [1], [0], [[0.2, 0.3, 0.5]]), r"\(g, 2\) probabilities"),
        (("D", HASH, [1, 2], [0], [[0.5, 0.5]]), "do not fit together"),
        (("D", HASH, [], [], np.empty((0, 2))), "do not fit together"),
        (("D", HASH, [1], [0], [[0.5, 0.6]]), "sum to 1"),
        (("D", HASH, [1], [0], [[-0.5, 1.5]]), "0 or more"),
        (("D", HASH, [1], [0], [[np.nan, 1]]), "0 or more"),
        (("D", HASH, [99], [0], [[0.5, 0.5]]), "not in the database"),
    ],
)
def test_bad_predictions_are_refused(store: Store, made: tuple, message: str) -> None:
    before = row_counts(store)
    with pytest.raises(InputError, match=message):
        store.add_predictions(*made)
    assert row_counts(store) == before


def test_a_group_is_scored_once_by_a_package(store: Store) -> None:
    store.add_predictions("D", HASH, [1], [0], [[0.2, 0.8]])
    before = row_counts(store)
    with pytest.raises(ConflictError, match="scored one of these groups already"):
        store.add_predictions("D", HASH, [2, 1], [0, 0], [[0.2, 0.8], [0.2, 0.8]])
    assert row_counts(store) == before
