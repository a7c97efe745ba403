"""Cross-validation: folds by patient and class, and the choice of setting and epochs from given results."""

from dataclasses import replace

import numpy as np
import pytest

from dls.domain import MODELS
from dls.errors import InputError
from dls.nn.config import PAPER
from dls.nn.cross_validation import conclude, fold_jobs
from dls.nn.fold_metrics import log_loss
from dls.nn.history import EpochRecord
from dls.nn.jobs import JobResult

SPEC = MODELS["D"]
TARGET = np.array([0] * 12 + [1] * 8)
CONFIG = replace(PAPER, folds=4, epochs=3, search={"learning_rate": [0.1, 0.01]})


def test_folds_are_stratified_and_every_patient_is_unseen_once_a_setting():
    jobs = fold_jobs(SPEC, TARGET, CONFIG)
    assert [j.name for j in jobs[:5]] == [f"setting-1-fold-{i}" for i in range(1, 5)] + ["setting-2-fold-1"]
    for setting in (jobs[:4], jobs[4:]):
        assert sorted(p for job in setting for p in job.unseen or ()) == list(range(20))
        for job in setting:
            assert sorted((job.seen or ()) + (job.unseen or ())) == list(range(20))
            assert np.bincount(TARGET[list(job.unseen or ())]).tolist() == [3, 2]
    assert {j.config.learning_rate for j in jobs[:4]} == {0.1}
    assert len({j.config.seed for j in jobs[:4]}) == 4
    assert [j.unseen for j in jobs[:4]] == [j.unseen for j in jobs[4:]]


def test_more_folds_than_patients_of_a_class_are_refused():
    with pytest.raises(InputError, match="2 to 8"):
        fold_jobs(SPEC, TARGET, replace(CONFIG, folds=9))


def result(unseen: tuple[int, ...], sureness: tuple[float, ...]) -> JobResult:
    """A fold whose patients get the score `sureness[e]` for their class after epoch e."""
    target = TARGET[list(unseen)]
    scores = np.array([np.where(np.eye(2)[target] == 1, s, 1 - s) for s in sureness], np.float32)
    history = tuple(
        EpochRecord(e + 1, 1.0, 0.5, 0.1, 1.0, log_loss(s, target), 1.0) for e, s in enumerate(scores)
    )
    return JobResult(history, scores, {})


def results(first: tuple[float, ...], second: tuple[float, ...]):
    jobs = fold_jobs(SPEC, TARGET, CONFIG)
    done = [result(job.unseen or (), first if i < 4 else second) for i, job in enumerate(jobs)]
    return jobs, done


def test_the_setting_and_epoch_with_the_least_loss_are_chosen():
    jobs, done = results((0.6, 0.8, 0.7), (0.6, 0.7, 0.9))
    found = conclude(SPEC, TARGET, CONFIG, jobs, done)
    assert (found.config.learning_rate, found.epochs) == (0.01, 3)
    assert found.config.search == {}
    assert [t.setting for t in found.tried] == [{"learning_rate": 0.1}, {"learning_rate": 0.01}]
    assert [t.epochs for t in found.tried] == [2, 3]
    assert [t.log_loss for t in found.tried] == pytest.approx([-np.log(0.8), -np.log(0.9)], rel=1e-5)
    assert found.confusion.tolist() == [[12, 0], [0, 8]]
    assert [f.patients for f in found.folds] == [5] * 4
    assert all(f.accuracy == 1 and f.epoch == 3 for f in found.folds)


def test_without_the_choice_of_an_epoch_the_last_one_counts():
    jobs, done = results((0.6, 0.8, 0.7), (0.6, 0.75, 0.6))
    found = conclude(SPEC, TARGET, replace(CONFIG, choose_epoch=False), jobs, done)
    assert (found.config.learning_rate, found.epochs) == (0.1, 3)


def test_underconfident_scores_get_a_temperature_below_one():
    jobs, done = results((0.6, 0.8, 0.7), (0.6, 0.7, 0.75))
    calibration = conclude(SPEC, TARGET, CONFIG, jobs, done).calibration
    assert calibration.patients == 20
    assert calibration.temperature < 1
    assert calibration.calibration_error == pytest.approx((0.2, 0.0), abs=0.01)


def test_metrics_for_the_package_are_plain_json():
    import json

    jobs, done = results((0.6, 0.8, 0.7), (0.6, 0.7, 0.75))
    metrics = conclude(SPEC, TARGET, CONFIG, jobs, done).as_metrics()
    assert json.loads(json.dumps(metrics))["confusion"] == [[12, 0], [0, 8]]
    assert metrics["calibration"]["level"] == "patient"
    assert metrics["selection"]["epochs"] == 2


def test_lesions_of_a_person_are_seen_or_unseen_together_and_count_once_for_the_folds():
    person = np.array([0, 0, 0, *range(1, 9), 0, *range(9, 15), 14, 13])
    for job in fold_jobs(SPEC, TARGET, CONFIG, person):
        assert set(person[list(job.seen or ())]).isdisjoint(person[list(job.unseen or ())])
    with pytest.raises(InputError, match="2 to 6"):
        fold_jobs(SPEC, TARGET, replace(CONFIG, folds=7), person)
