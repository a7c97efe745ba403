"""Cluster quality: counted by hand, against a naive oracle, and blind to slices of the same patient."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import silhouette_score

from dls.analysis.cluster_quality import cluster_quality, compare_quality
from dls.errors import StatisticsError


def naive_purity(points, case, label, k, patient=None):
    """Two loops and a sort."""
    patient = case if patient is None else patient
    shares = {}
    for i in range(len(points)):
        others = [j for j in range(len(points)) if patient[j] != patient[i]]
        others.sort(key=lambda j: np.linalg.norm(points[i] - points[j]))
        shares.setdefault(case[i], []).append(np.mean([label[j] == label[i] for j in others[:k]]))
    by_case = {c: np.mean(v) for c, v in shares.items()}
    class_of = dict(zip(case, label, strict=True))
    return np.mean([np.mean([v for p, v in by_case.items() if class_of[p] == c]) for c in sorted(set(label))])


def naive_silhouette(centres, label, patient):
    """Rousseeuw's by loops, without the distances within a patient."""
    values = []
    for i in range(len(centres)):
        others = [j for j in range(len(centres)) if patient[j] != patient[i]]
        mean = {
            c: np.mean([np.linalg.norm(centres[i] - centres[j]) for j in others if label[j] == c])
            for c in set(label)
        }
        within = mean.pop(label[i])
        nearest = min(mean.values())
        values.append((nearest - within) / max(within, nearest))
    return np.mean(values)


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
    assert (found.cases, found.neighbours) == (4, 1)


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
        ({"case": np.repeat(np.arange(10), 2), "label": np.arange(20) % 2}, "groups of two classes"),
        ({"case": np.arange(20) // 2, "label": np.arange(20) // 10, "patient": np.arange(20)}, "of two pat"),
        ({"patient": np.arange(20) % 2}, "classes of two patients"),
        ({"patient": np.zeros(3)}, "do not fit together"),
        ({"neighbours": 20}, "Too few image groups"),
    ],
)
def test_what_does_not_fit_is_refused(change, message):
    given = {"points": np.zeros((20, 2)), "case": np.arange(20), "label": np.arange(20) % 2} | change
    with pytest.raises(StatisticsError, match=message):
        cluster_quality(**given)


LESIONS_OF = np.array([0, 1, 2, 3, 4, 5, 6, 7, 8, 0, 1, 2])
"""Patient of each of twelve lesions: patients 0 to 2 have two."""


@settings(max_examples=25)
@given(st.integers(0, 10_000), st.integers(1, 4), st.booleans())
def test_lesions_of_a_patient_are_no_neighbours_whatever_their_classes(seed, k, alike):
    random = np.random.default_rng(seed)
    label_of = np.arange(12) % 3 if alike else np.arange(12) // 4
    case = np.sort(np.concatenate([np.arange(12), random.integers(0, 12, 12)]))
    points = random.normal(size=(24, 3))
    label, patient = label_of[case], LESIONS_OF[case]
    found = cluster_quality(points, case, label, patient=patient, neighbours=k)
    assert found.purity == pytest.approx(naive_purity(points, case, label, k, patient))
    assert found.cases == 12
    centres = np.array([points[case == c].mean(axis=0) for c in range(12)])
    assert found.silhouette == pytest.approx(naive_silhouette(centres, label_of, LESIONS_OF))
    chance = {c: [] for c in range(3)}
    for c in range(12):
        others = label[patient != LESIONS_OF[c]]
        chance[label_of[c]].append(np.mean(others == label_of[c]))
    assert found.chance == pytest.approx(np.mean([np.mean(v) for v in chance.values()]))


def test_a_patient_is_drawn_with_all_lesions():
    """Four alike lesions each are as much information as one: the interval is that of one each."""
    random = np.random.default_rng(4)
    label = np.arange(40) % 2
    points = random.normal(size=(40, 3)) + label[:, None]
    one = cluster_quality(points, np.arange(40), label, neighbours=3)
    four = np.repeat(np.arange(40), 4)
    known = cluster_quality(points[four], np.arange(160), label[four], patient=four, neighbours=12)
    assert (known.purity, *known.purity_ci) == pytest.approx((one.purity, *one.purity_ci))
    other = points + random.normal(size=points.shape)
    apart = compare_quality(points, other, np.arange(40), label, neighbours=3)
    given = {"label": label[four], "patient": four, "neighbours": 12}
    found = compare_quality(points[four], other[four], np.arange(160), **given)
    assert (found.difference, *found.ci) == pytest.approx((apart.difference, *apart.ci))


def test_the_interval_is_that_of_patients_drawn_one_by_one():
    """Patients with lesions of both classes among them: against a loop over whole patients."""
    random = np.random.default_rng(8)
    patient = np.repeat(np.arange(60), 2)
    label = np.where(patient < 20, 0, np.where(patient < 40, 1, np.arange(120) % 2))
    points = random.normal(size=(60, 2))[patient] + 0.5 * random.normal(size=(120, 2)) + label[:, None]
    found = cluster_quality(points, np.arange(120), label, patient=patient, neighbours=5)
    square = np.linalg.norm(points[:, None] - points[None], axis=2)
    square[patient[:, None] == patient[None]] = np.inf
    purity = (label[np.argsort(square, axis=1)[:, :5]] == label[:, None]).mean(axis=1)
    drawn = []
    for _ in range(2000):
        rows = np.concatenate([random.integers(k, k + 20, 20) for k in (0, 20, 40)])
        cases = np.concatenate([2 * rows, 2 * rows + 1])
        drawn.append(np.mean([purity[cases][label[cases] == c].mean() for c in (0, 1)]))
    assert tuple(found.purity_ci) == pytest.approx(tuple(np.quantile(drawn, [0.025, 0.975])), abs=0.01)
