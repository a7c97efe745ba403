"""Training of a model from a cohort's image groups to its package.

Importing this module does not load TensorFlow; calling `train` does.
"""

from __future__ import annotations

import platform
from collections import Counter
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dls.domain import MODELS, LesionClass, ModelSpec
from dls.errors import InputError
from dls.nn.config import TrainingConfig
from dls.nn.data import GroupSet
from dls.nn.package import ModelPackage, save_package
from dls.nn.predict import channels_of, patient_scores

Progress = Callable[[int, int, str], None]


@dataclass(frozen=True, slots=True)
class FoldMetrics:
    """What a network gave on the patients it had not seen.

    Parameters
    ----------
    patients : how many those were
    accuracy : share of patients whose largest score is their class
    auc : one against the rest, by class name
    """

    patients: int
    accuracy: float
    auc: dict[str, float]


def train(
    letter: str,
    groups: GroupSet,
    config: TrainingConfig,
    out: Path,
    progress: Progress | None = None,
    *,
    folds: int = 0,
    trained_on: str = "",
) -> ModelPackage:
    """Train one of the models on every applicable patient and write its package to `out / letter`.

    Parameters
    ----------
    letter : A to G
    groups : the training cohort
    folds : cross-validation by patient before the final training; 0 skips it
    trained_on : date that the provenance gives, ISO 8601

    Raises
    ------
    InputError
        when the letter is unknown, a class is absent or has fewer patients than folds, or training diverges.
    """
    spec = _spec(letter)
    applicable, target = groups.for_task(spec.task)
    metrics: dict[str, Any] = {}
    if folds:
        found = cross_validate(spec, applicable, target, config, folds=folds, progress=progress)
        metrics["cross_validation"] = [asdict(f) for f in found]
    from dls.nn.fit import fit
    from dls.nn.network import weight_arrays

    fitted = fit(spec, applicable, target, config, _named(progress, spec.name))
    metrics["training"] = {
        "loss": [round(v, 5) for v in fitted.loss],
        "accuracy": [round(v, 5) for v in fitted.accuracy],
    }
    return save_package(
        out / letter,
        letter=letter,
        backbone=config.backbone,
        image_size=groups.size,
        weights=weight_arrays(fitted.network),
        provenance=_provenance(groups, applicable, config, folds, trained_on),
        metrics=metrics,
    )


def cross_validate(
    spec: ModelSpec,
    groups: GroupSet,
    target: NDArray[np.integer],
    config: TrainingConfig,
    *,
    folds: int,
    progress: Progress | None = None,
) -> tuple[FoldMetrics, ...]:
    """Metrics of each fold of a cross-validation stratified by class and split by patient.

    Parameters
    ----------
    groups, target : patients the task applies to, and each one's class index
    folds : at least 2

    Raises
    ------
    InputError
        when a class has fewer patients than there are folds.
    """
    from sklearn.model_selection import StratifiedKFold

    rarest = min(Counter(target.tolist()).values())
    if folds < 2 or rarest < folds:
        raise InputError(
            "The cohort cannot be split into so many folds",
            expected=f"2 to {rarest}, the patients of the rarest class",
            got=str(folds),
        )
    split = StratifiedKFold(folds, shuffle=True, random_state=config.seed).split(target, target)
    return tuple(
        _fold(
            spec,
            (groups.select(seen), target[seen]),
            (groups.select(unseen), target[unseen]),
            replace(config, seed=config.seed + 1 + i),
            _named(progress, f"{spec.name} fold {i + 1} of {folds}"),
        )
        for i, (seen, unseen) in enumerate(split)
    )


def _fold(
    spec: ModelSpec,
    seen: tuple[GroupSet, NDArray[np.integer]],
    unseen: tuple[GroupSet, NDArray[np.integer]],
    config: TrainingConfig,
    progress: Progress | None,
) -> FoldMetrics:
    from sklearn.metrics import roc_auc_score

    from dls.nn.fit import fit

    network = fit(spec, *seen, config, progress).network
    groups, target = unseen
    inputs = [groups.pixels[..., channels_of(spec)].astype(np.float32)]
    if spec.clinical:
        inputs.append(groups.clinical[groups.patient].astype(np.float32))
    scores = patient_scores(network.predict(inputs, verbose=0), groups.patient)
    return FoldMetrics(
        patients=len(target),
        accuracy=float(np.mean(scores.argmax(axis=1) == target)),
        auc={
            name: float(roc_auc_score(target == i, scores[:, i])) for i, name in enumerate(spec.task.classes)
        },
    )


def _spec(letter: str) -> ModelSpec:
    if letter not in MODELS:
        raise InputError("Unknown model", expected="one of " + ", ".join(MODELS), got=repr(letter))
    return MODELS[letter]


def _named(progress: Progress | None, name: str) -> Progress | None:
    if progress is None:
        return None
    return lambda done, total, what: progress(done, total, f"{name}: {what}")


def _provenance(
    cohort: GroupSet, applicable: GroupSet, config: TrainingConfig, folds: int, trained_on: str
) -> dict[str, Any]:
    counts = Counter(LesionClass(int(c)).label for c in applicable.lesion_class)
    return {
        "trained_on": trained_on,
        "configuration": asdict(config),
        "folds": folds,
        "cohort": {
            "sha256": cohort.sha256,
            "patients": len(applicable.codes),
            "groups": len(applicable.patient),
            "classes": dict(sorted(counts.items())),
        },
        "versions": {
            "python": platform.python_version(),
            **{name: version(name) for name in ("tensorflow", "keras", "numpy")},
        },
    }
