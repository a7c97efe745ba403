"""Five-fold cross-validation by patient, and what it decides: setting, epochs, temperature.

Source: Zhen et al., Front Oncol 2020, 10:680, Methods: five folds, then training on the whole training set
with the best setting.  Here the best setting is the one whose log loss on unseen patients is smallest on
average over the folds, so that no single fold decides.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dls.domain import ModelSpec
from dls.errors import InputError
from dls.nn.config import TrainingConfig
from dls.nn.fold_metrics import FoldMetrics, confusion, fold_metrics
from dls.nn.folds import patient_folds, rarest
from dls.nn.history import EpochRecord
from dls.nn.jobs import Job, JobResult
from dls.nn.temperature import TemperatureFit, fit_temperature


@dataclass(frozen=True, slots=True)
class Tried:
    """A setting and how it did.

    Parameters
    ----------
    setting : the searched values
    epochs : after which its loss on unseen patients was smallest, or all
    log_loss : there, on average over the folds
    """

    setting: dict[str, Any]
    epochs: int
    log_loss: float


@dataclass(frozen=True, slots=True)
class CrossValidation:
    """What the folds found.

    Parameters
    ----------
    config : the best setting
    epochs : how many of its epochs the final training runs
    tried : every setting, in the order of the search
    folds : of the best setting, at that epoch
    confusion : (k, k) numbers of patients, each as its own fold's network called it; rows the true class
    calibration : temperature fitted on those patients' scores
    histories : of the folds of the best setting
    """

    config: TrainingConfig
    epochs: int
    tried: tuple[Tried, ...]
    folds: tuple[FoldMetrics, ...]
    confusion: NDArray[np.int64]
    calibration: TemperatureFit
    histories: tuple[tuple[EpochRecord, ...], ...]

    def as_metrics(self) -> dict[str, Any]:
        """For a package: JSON-able."""
        return {
            "cross_validation": [asdict(fold) for fold in self.folds],
            "selection": {
                "criterion": "mean log loss on unseen patients over the folds",
                "epochs": self.epochs,
                "tried": [asdict(tried) for tried in self.tried],
            },
            "confusion": self.confusion.tolist(),
            "calibration": {"level": "patient", **asdict(self.calibration)},
        }


def fold_jobs(
    spec: ModelSpec,
    target: NDArray[np.integer],
    config: TrainingConfig,
    person: NDArray[np.integer] | None = None,
) -> list[Job]:
    """A job for every setting of the search and every fold, stratified by class and split by patient.

    Parameters
    ----------
    target : (p,) index of each patient's class
    person : (p,) as `GroupSet.person`; lesions of one person are seen or unseen together

    Raises
    ------
    InputError
        when a class has fewer patients than there are folds.
    """
    most = rarest(target, person)
    if config.folds < 2 or most < config.folds:
        raise InputError(
            "The cohort cannot be split into so many folds",
            expected=f"2 to {most}, the patients of the rarest class",
            got=str(config.folds),
        )
    split = list(patient_folds(target, config.folds, config.seed, person))
    return [
        Job(
            spec.letter,
            f"setting-{s + 1}-fold-{f + 1}",
            replace(setting, seed=config.seed + 1 + f),
            seen=tuple(seen.tolist()),
            unseen=tuple(unseen.tolist()),
        )
        for s, setting in enumerate(config.settings())
        for f, (seen, unseen) in enumerate(split)
    ]


def conclude(
    spec: ModelSpec,
    target: NDArray[np.integer],
    config: TrainingConfig,
    jobs: Sequence[Job],
    results: Sequence[JobResult],
) -> CrossValidation:
    """Choose the setting and its epochs, and measure them on the patients their networks had not seen."""
    settings = config.settings()
    by_setting = [results[s * config.folds : (s + 1) * config.folds] for s in range(len(settings))]
    tried = tuple(_tried(config, setting, found) for setting, found in zip(settings, by_setting, strict=True))
    best = int(np.argmin([t.log_loss for t in tried]))
    epoch = tried[best].epochs
    scores = np.zeros((len(target), len(spec.task.classes)), np.float32)
    folds = []
    for job, result in zip(jobs[best * config.folds :], by_setting[best], strict=False):
        unseen = np.array(job.unseen)
        scores[unseen] = result.unseen_scores[_looked_at(result).index(epoch)]
        folds.append(fold_metrics(scores[unseen], target[unseen], spec.task.classes, epoch))
    return CrossValidation(
        settings[best],
        epoch,
        tried,
        tuple(folds),
        confusion(scores, target),
        fit_temperature(scores, target),
        tuple(result.history for result in by_setting[best]),
    )


def _looked_at(result: JobResult) -> list[int]:
    return [record.epoch for record in result.history if record.unseen_loss is not None]


def _tried(config: TrainingConfig, setting: TrainingConfig, results: Sequence[JobResult]) -> Tried:
    epochs = _looked_at(results[0])
    losses = np.mean(
        [[r.unseen_loss for r in result.history if r.unseen_loss is not None] for result in results], axis=0
    )
    best = int(np.argmin(losses)) if config.choose_epoch else len(epochs) - 1
    return Tried({name: getattr(setting, name) for name in config.search}, epochs[best], float(losses[best]))
