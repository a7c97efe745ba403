"""Calibration of a finished model on patients that its network has not seen.

The folds of a training fit a temperature (`dls.nn.cross_validation`).  A package without folds, or one whose
patients differ from those it was trained on, gets one from patients that were kept apart: their scores by the
package's own network are stored beside the weights, with the temperature that fits them.  The model and its
hash stay as they are.  Where a package has both, the patients kept apart count, because the network that they
test is the package's own.

Importing this module does not load TensorFlow; `calibrate_package` does when it is called.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from dls.domain import LesionClass
from dls.errors import InputError, PackageError
from dls.nn.data import GroupSet
from dls.nn.package import ModelPackage
from dls.nn.supplement import CALIBRATION, read_supplement, write_supplement
from dls.nn.temperature import TemperatureFit, fit_temperature
from dls.progress import Progress

_ARRAYS = ("scores", "target", "temperature", "calibration_error")


@dataclass(frozen=True, slots=True)
class Calibration:
    """The temperature of a package and what it was fitted on.

    Parameters
    ----------
    temperature : 1 changes nothing, above 1 makes scores less sure
    patients : unseen patients it was fitted on; None where the package does not say
    calibration_error : before and after; None where the package does not say
    kept_apart : whether those are patients kept apart; otherwise those of the folds
    """

    temperature: float
    patients: int | None
    calibration_error: tuple[float, float] | None
    kept_apart: bool

    def __str__(self) -> str:
        said = f"{self.temperature:.2f}"
        if self.patients is not None:
            said += f", fitted on {self.patients} patients " + (
                "kept apart" if self.kept_apart else "of the folds"
            )
        if self.calibration_error is not None:
            before, after = self.calibration_error
            said += f"; expected calibration error {before:.3f} before, {after:.3f} after"
        return said


def calibrate_package(
    package: ModelPackage, groups: GroupSet, progress: Progress | None = None
) -> TemperatureFit:
    """Fit a temperature on patients kept apart, and store it with their scores; loads TensorFlow.

    Raises
    ------
    InputError
        when the cohort is the one the model was trained on, does not fit the model, or has no patient that
        the model's task applies to.
    """
    from dls.nn.predict import patient_scores, predict

    trained_on = package.provenance.get("cohort")
    if isinstance(trained_on, Mapping) and trained_on.get("sha256") == groups.sha256:
        raise InputError(
            f"{package.spec.name} cannot be calibrated on the patients it was trained on",
            expected="image groups of patients that the network has not seen",
            got=f"the training cohort, sha256 {groups.sha256[:12]}",
            remedy="keep patients apart, or train with folds",
        )
    if not any(package.spec.task.target(c) is not None for c in _classes(groups)):
        raise InputError(
            f"{package.spec.name} cannot be calibrated on this cohort",
            expected="patients with " + ", ".join(package.classes),
            got=", ".join(c.label for c in _classes(groups)),
        )
    applicable, target = groups.for_task(package.spec.task)
    clinical = applicable.clinical[applicable.patient]
    probabilities = predict(package, applicable.pixels, clinical, progress=progress)
    scores = patient_scores(probabilities, applicable.patient).astype(np.float32)
    fitted = fit_temperature(scores, target)
    arrays = (scores, target, np.array(fitted.temperature), np.array(fitted.calibration_error))
    write_supplement(package, CALIBRATION, dict(zip(_ARRAYS, arrays, strict=True)))
    return fitted


def calibration(package: ModelPackage) -> Calibration | None:
    """The package's calibration, or None where none was fitted.

    Raises
    ------
    PackageError
        when the stored calibration was altered, belongs to another model or lacks a part.
    """
    arrays = read_supplement(package, CALIBRATION)
    if arrays is None:
        return _of_folds(package.metrics.get("calibration"))
    if set(arrays) != set(_ARRAYS):
        raise PackageError(
            f"{package.folder / CALIBRATION} is incomplete",
            expected=", ".join(_ARRAYS),
            got=", ".join(arrays),
        )
    before, after = arrays["calibration_error"].tolist()
    return Calibration(float(arrays["temperature"]), len(arrays["target"]), (before, after), True)


def _of_folds(found: object) -> Calibration | None:
    """What the folds left in the metrics, in whatever form: a package may come from anywhere."""
    if not isinstance(found, Mapping):
        return None
    temperature, patients = _number(found.get("temperature")), _number(found.get("patients"))
    if temperature is None or temperature <= 0:
        return None
    errors = found.get("calibration_error")
    pair = [_number(e) for e in errors] if isinstance(errors, list | tuple) else []
    known = (pair[0], pair[1]) if len(pair) == 2 and None not in pair else None
    return Calibration(temperature, None if patients is None else int(patients), known, False)  # type: ignore[arg-type]


def _number(value: object) -> float | None:
    usable = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
    return float(value) if usable else None  # type: ignore[arg-type]


def _classes(groups: GroupSet) -> list[LesionClass]:
    return [LesionClass(c) for c in sorted({int(c) for c in groups.lesion_class})]
