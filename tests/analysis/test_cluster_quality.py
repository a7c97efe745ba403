"""Cluster quality: counted by hand, against a naive oracle, and blind to slices of the same patient."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import silhouette_score

from dls.analysis.cluster_quality import cluster_quality, compare_quality
from dls.errors import StatisticsError


def naive_purity(points, patient, label, k):
    """Two loops and a sort."""
    shares = {}
    for i in range(len(points)):
        others = [j for j in range(len(points)) if patient[j] != patient[i]]
        others.sort(key=lambda j: np.linalg.norm(points[i] - points[j]))
        shares.setdefault(patient[i], []).append(np.mean([label[j] == label[i] for j in others[:k]]))
    by_patient = {p: np.mean(v) for p, v in shares.items()}
    class_of = dict(zip(patient, label, strict=True))
    return np.mean(
        [np.mean([v for p, v in by_patient.items() if class_of[p] == c]) for c in sorted(set(label))]
    )


def test_counted_by_hand():
    """On a line: class 0 at 0, 1, 2 (patients a, a, b), class 1 at 3, 10 (c, d); the one nearest neighbour.

    a at 0 and 1: nearest of another patient is b: right; b at 2: a at 1 or c at 3 are as near, so b moves
    to 1.9: a, right; c at 3: b, wrong; d at 10: c, right.  Class 0: 1; class 1: (0 + 1) / 2; mean 0.75.
    """
    points = np.array([[0.0], [1.0], [1.9], [3.0], [10.0]])
    found = cluster_quality(points, list("aabcd"), [0, 0, 0, 1, 1], neighbours=1)
    assert found.purity == 0.75
    assert found.by_class == {0: 1.0, 1: 0.5}
    # chance: a 1/3, b 2/4 -> 5/12; c and d 1/4 -> 1/4; mean 1/3
    assert found.chance == pytest.approx(1 / 3)
    assert found.silhouette == pytest.approx(silhouette_score([[0.5], [1.9], [3], [10]], [0, 0, 1, 1]))
    assert (found.patients, found.neighbours) == (4, 1)


@settings(max_examples=25)
@given(st.integers(0, 10_000), st.integers(1, 4))
def test_equals_the_naive_count(seed, k):
    random = np.random.default_rng(seed)
    label_of = np.arange(9) % 3
    patient = np.sort(np.concatenate([np.arange(9), random.integers(0, 9, 12)]))
    points = random.normal(size=(21, 3))
    found = cluster_quality(points, patient, label_of[patient], neighbours=k)
    assert found.purity == pytest.approx(naive_purity(points, patient, label_of[patient], k))
    low, high = found.purity_ci
    assert 0 <= low <= high <= 1


def test_slices_of_a_patient_do_not_count_as_neighbours():
    """Every patient is a tight cluster of its own, in no order of class: purity is chance, not 1."""
    random = np.random.default_rng(1)
    patient = np.repeat(np.arange(60), 6)
    points = random.normal(size=(60, 2))[patient] + 1e-3 * random.normal(size=(360, 2))
    found = cluster_quality(points, patient, (np.arange(60) % 3)[patient])
    assert found.purity == pytest.approx(found.chance, abs=0.1)


def test_separate_clusters_have_purity_and_silhouette_near_one():
    random = np.random.default_rng(1)
    label = np.repeat([0, 1], 20)
    points = random.normal(size=(40, 4)) + 50 * label[:, None]
    found = cluster_quality(points, np.arange(40), label)
    assert found.purity == 1
    assert found.silhouette > 0.9
    low, high = found.purity_ci
    assert (low, high) == (1, 1)


def test_difference_of_a_model_to_itself_is_nothing_and_to_noise_is_clear():
    random = np.random.default_rng(1)
    label = np.repeat([0, 1], 30)
    good = random.normal(size=(60, 4)) + 3 * label[:, None]
    noise = random.normal(size=(60, 7))
    same = compare_quality(good, good, np.arange(60), label)
    assert (same.difference, same.ci.low, same.ci.high) == (0, 0, 0)
    found = compare_quality(good, noise, np.arange(60), label)
    assert found.difference > 0.3
    assert found.ci.low > 0.2
    assert compare_quality(noise, good, np.arange(60), label).difference == pytest.approx(-found.difference)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"points": np.zeros((4, 2))}, "do not fit together"),
        ({"points": np.full((20, 2), np.nan)}, "not finite"),
        ({"label": np.zeros(20, int)}, "at least two classes"),
        ({"patient": np.repeat(np.arange(10), 2), "label": np.arange(20) % 2}, "two classes"),
        ({"neighbours": 20}, "Too few image groups"),
    ],
)
def test_what_does_not_fit_is_refused(change, message):
    given = {"points": np.zeros((20, 2)), "patient": np.arange(20), "label": np.arange(20) % 2} | change
    with pytest.raises(StatisticsError, match=message):
        cluster_quality(**given)
