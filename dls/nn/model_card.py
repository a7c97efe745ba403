"""The model card of a package: what it is for, what it learned from, how it did, and where it ends.

Source of the headings: Mitchell et al., Model cards for model reporting, FAT* 2019.
Everything on a card is read from the package; what was not recorded is said to be so.  A package may come
from anywhere, so that nothing is taken to have the form it should have.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from dls.domain import ALL_SEQUENCES, LesionClass, Task
from dls.nn.calibration import calibration
from dls.nn.package import ModelPackage

FEW = 30
"""Training patients of a class below which the card warns."""


@dataclass(frozen=True, slots=True)
class ModelCard:
    """One package, described for its users.

    Parameters
    ----------
    name, sha256, task : which model
    inputs : what it reads, in words
    classes : what it can answer
    intended, out_of_scope : uses
    training : label -> value, in words
    metrics : label -> value, in words
    limits : what the model did not see or cannot do, a sentence each
    """

    name: str
    sha256: str
    task: str
    inputs: str
    classes: tuple[str, ...]
    intended: str
    out_of_scope: tuple[str, ...]
    training: dict[str, str]
    metrics: dict[str, str]
    limits: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        """The card as JSON-able values."""
        return asdict(self)

    def to_markdown(self) -> str:
        """The card as a document."""
        parts = [f"# {self.name}: {self.task}", f"Package `{self.sha256}`"]
        parts += ["## Intended use", self.intended, "## Not for", _bullets(self.out_of_scope)]
        parts += ["## Input and output", f"Reads {self.inputs}. Answers with {', '.join(self.classes)}."]
        parts += ["## Training", _rows(self.training), "## Metrics", _rows(self.metrics)]
        return "\n\n".join([*parts, "## Limits", _bullets(self.limits)]) + "\n"


def model_card(package: ModelPackage) -> ModelCard:
    """The card of a package.

    Raises
    ------
    PackageError
        when a calibration beside the weights was altered or belongs to another model.
    """
    spec = package.spec
    inputs = f"{len(spec.sequences)} sequences ({', '.join(spec.sequences)}), {package.image_size} × "
    inputs += f"{package.image_size} pixels" + (", and clinical data" if spec.clinical else "")
    return ModelCard(
        name=spec.name,
        sha256=package.sha256,
        task=str(spec.task),
        inputs=inputs,
        classes=package.classes,
        intended=_INTENDED[spec.task],
        out_of_scope=(
            "diagnosis or treatment of patients: this is a research tool and no medical device",
            "inflammatory lesions such as abscesses, which are none of the classes",
            "images that were not prepared by this program",
        ),
        training=_training(package),
        metrics=_metrics(package),
        limits=not_seen(package),
    )


def not_seen(package: ModelPackage) -> tuple[str, ...]:
    """What the model did not see in training or never reads, a sentence each."""
    spec, cohort = package.spec, _cohort(package)
    said = []
    if spec.task is Task.MALIGNANT_THREE_WAY:
        said.append("It has seen no benign lesion, and calls every lesion one of three malignant classes.")
    unread = [s for s in ALL_SEQUENCES if s not in spec.sequences]
    if unread:
        said.append(f"It does not read {', '.join(unread)}.")
    if not spec.clinical:
        said.append("It does not read clinical data.")
    counts = _counts(cohort)
    labels = [c.label for c in LesionClass if spec.task.target(c) is not None]
    if absent := [label for label in labels if not counts.get(label)]:
        said.append(f"No training patient is recorded with {', '.join(absent)}.")
    if few := [f"{label} ({counts[label]})" for label in labels if 0 < counts.get(label, 0) < FEW]:
        said.append(f"Few training patients had {', '.join(few)}.")
    scanners = _scanners(cohort)
    if scanners:
        said.append(f"Its training images came from {', '.join(scanners)}; other scanners are new to it.")
    else:
        said.append("The scanners of its training images are not recorded.")
    return tuple(said)


def scanner_not_seen(package: ModelPackage, scanner: str) -> bool:
    """Whether the training's scanners are recorded and this one is not among them."""
    scanners = _scanners(_cohort(package))
    return bool(scanners) and scanner not in scanners


def _training(package: ModelPackage) -> dict[str, str]:
    cohort, given = _cohort(package), package.provenance
    configuration = _part(given, "configuration")
    counts = _counts(cohort)
    rows = {
        "trained on": str(given.get("trained_on") or _UNRECORDED),
        "patients": str(cohort.get("patients", _UNRECORDED)),
        "image groups": str(cohort.get("groups", _UNRECORDED)),
        "patients by class": ", ".join(f"{k} {v}" for k, v in counts.items()) or _UNRECORDED,
        "cohort": str(cohort.get("sha256", _UNRECORDED)),
        "network": package.backbone,
        "configuration": str(configuration.get("name", _UNRECORDED)),
        "start": str(configuration.get("initial_weights") or "random weights"),
        "seed": str(configuration.get("seed", _UNRECORDED)),
    }
    versions = _part(given, "versions")
    return {**rows, "software": ", ".join(f"{k} {v}" for k, v in versions.items()) or _UNRECORDED}


def _metrics(package: ModelPackage) -> dict[str, str]:
    folds = [f for f in _list(package.metrics, "cross_validation") if isinstance(f, Mapping)]
    rows: dict[str, str] = {}
    if folds:
        patients = sum(int(f["patients"]) for f in folds if _number(f.get("patients")))
        rows["cross-validation"] = f"{len(folds)} folds, {patients} patients"
        rows["accuracy"] = _spread([f.get("accuracy") for f in folds])
        for name in package.classes:
            rows[f"AUC, {name}"] = _spread([_part(f, "auc").get(name) for f in folds])
    else:
        rows["cross-validation"] = "not done"
    loss = _list(_part(package.metrics, "training"), "loss")
    rows["training loss, last epoch"] = f"{loss[-1]:.3f}" if loss and _number(loss[-1]) else _UNRECORDED
    fitted = calibration(package)
    rows["temperature"] = "not fitted" if fitted is None else str(fitted)
    return rows


def _spread(values: list[Any]) -> str:
    known = [float(v) for v in values if _number(v)]
    if not known:
        return _UNRECORDED
    return f"{sum(known) / len(known):.3f} ({min(known):.3f}–{max(known):.3f} over folds)"


def _cohort(package: ModelPackage) -> Mapping[str, Any]:
    return _part(package.provenance, "cohort")


def _counts(cohort: Mapping[str, Any]) -> dict[str, int]:
    told = {str(k): int(v) for k, v in _part(cohort, "classes").items() if _number(v)}
    known = {c.label: told[c.label] for c in LesionClass if c.label in told}
    return {**known, **told}


def _scanners(cohort: Mapping[str, Any]) -> list[str]:
    return [str(s) for s in _list(cohort, "scanners")]


def _part(values: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found = values.get(name)
    return found if isinstance(found, Mapping) else {}


def _list(values: Mapping[str, Any], name: str) -> list[Any]:
    found = values.get(name)
    return found if isinstance(found, list) else []


def _number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _rows(values: Mapping[str, str]) -> str:
    return "\n".join(["| | |", "|---|---|", *(f"| {k} | {_cell(v)} |" for k, v in values.items())])


def _bullets(sentences: tuple[str, ...]) -> str:
    return "\n".join(f"- {s}" for s in sentences)


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")


_UNRECORDED = "not recorded"
_INTENDED = {
    Task.SEVEN_WAY: "Classify a focal liver lesion, outlined on MRI, into seven classes, in reader studies.",
    Task.BENIGN_MALIGNANT: "Tell benign from malignant liver lesions, outlined on MRI, in reader studies.",
    Task.MALIGNANT_THREE_WAY: "Classify a malignant focal liver lesion, outlined on MRI, in reader studies.",
}
