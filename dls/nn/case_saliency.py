"""Saliency of a kept case on each sequence's own grid, stored for the viewer.

    <root>/<case_id>/<first 12 of the package's hash>[-<method>][-<class>]/
        <slug>.u8.gz     uint8, C order (slices, rows, columns), gzip
        saliency.json    what `CaseSaliency` says

Importing this module does not load TensorFlow; `case_saliency` does where the result is not stored yet.
"""

from __future__ import annotations

import gzip
import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dls.clinical import ClinicalRecord, encode
from dls.domain import Sequence
from dls.errors import InputError
from dls.imaging.archive import ImageArchive
from dls.imaging.preprocess import GroupCache, archived_groups
from dls.imaging.resample import frames_to_sequence
from dls.nn.lesion_saliency import lesion_on_frames, lesion_saliency
from dls.nn.package import ModelPackage, load_package
from dls.nn.predict import predict
from dls.nn.saliency import SaliencyMethod, saliency
from dls.whole_files import new_folder

RECORD = "saliency.json"
BRIGHTEST = 99.5
"""Percentile of the positive values of all sequences together that is shown as 255."""


@dataclass(frozen=True, slots=True)
class CaseSaliency:
    """Saliency of one case for one model.

    Parameters
    ----------
    letter, package_sha256 : the model
    target : class that is explained, or None for each group's predicted class
    method : value of `dls.nn.saliency.SaliencyMethod`
    source : hash of everything the result follows from
    groups : image groups of the case
    probabilities : the patient's scores by class
    share_of_sequence, energy_in_lesion, area_in_lesion, pointing : see `dls.nn.lesion_saliency`
    """

    letter: str
    package_sha256: str
    target: str | None
    method: str
    source: str
    groups: int
    probabilities: dict[str, float]
    share_of_sequence: dict[str, float]
    energy_in_lesion: dict[str, float]
    area_in_lesion: float
    pointing: dict[str, float]


def saliency_folder(
    root: Path,
    case_id: int,
    package_sha256: str,
    target: str | None = None,
    method: SaliencyMethod = SaliencyMethod.GRADIENT,
) -> Path:
    """Where the saliency of a case is stored; method and class are part of it unless they are the usual."""
    parts = [package_sha256[:12]]
    parts += [] if method is SaliencyMethod.GRADIENT else [method.value]
    parts += [] if target is None else ["".join(c if c.isalnum() else "_" for c in target)]
    return Path(root) / str(int(case_id)) / "-".join(parts)


def case_saliency(
    package_folder: Path,
    archive_root: Path,
    saliency_root: Path,
    case_id: int,
    *,
    clinical: Mapping[str, object] | None = None,
    target: str | None = None,
    method: SaliencyMethod = SaliencyMethod.GRADIENT,
) -> CaseSaliency:
    """Saliency of a case, computed unless it is stored already and nothing it follows from has changed.

    Parameters
    ----------
    package_folder : of the model
    archive_root : of the `ImageArchive` that keeps the case's volumes and outline
    saliency_root : the result is written below it, see `saliency_folder`
    clinical : the record's names and values, for models F and G
    target : name of the class that is explained; None takes each group's predicted class

    Raises
    ------
    InputError
        when the case's images or outline are not kept, or the model has no such class.
    PackageError
        when the package cannot be used.
    """
    package = load_package(package_folder)
    if target is not None and target not in package.classes:
        raise InputError(
            f"{package.spec.name} has no such class", expected=", ".join(package.classes), got=repr(target)
        )
    record = ClinicalRecord.from_dict(clinical or {}) if package.clinical_codes else None
    question = _Question(package, ImageArchive(archive_root), case_id, record, target, method)
    folder = saliency_folder(saliency_root, case_id, package.sha256, target, method)
    stored = _stored(folder)
    if stored is not None and stored.source == question.source():
        return stored
    result, volumes = _compute(question)
    _write(folder, result, volumes)
    return result


@dataclass(frozen=True, slots=True)
class _Question:
    """Everything that the result follows from."""

    package: ModelPackage
    archive: ImageArchive
    case_id: int
    record: ClinicalRecord | None
    target: str | None
    method: SaliencyMethod

    def source(self) -> str:
        """Hash of the package, the case's images and outline, its clinical record and the class."""
        digest = hashlib.sha256(self.package.sha256.encode())
        images = self.archive.geometry(self.case_id)
        facts = [images, None if self.record is None else self.record.to_dict(), self.target, self.method]
        digest.update(json.dumps(facts, sort_keys=True).encode())
        for entry in images["sequences"]:
            digest.update(self.archive.volume_gzip(self.case_id, Sequence(entry["name"])))
        return digest.hexdigest()


def _compute(question: _Question) -> tuple[CaseSaliency, dict[Sequence, NDArray[np.uint8]]]:
    package, record = question.package, question.record
    archive, case_id, sequences = question.archive, question.case_id, package.spec.sequences
    cache = GroupCache.beside(archive)
    groups = archived_groups(archive, case_id, package.image_size, sequences, cache)
    outline = archive.outline(case_id)
    assert outline is not None
    volumes = archive.volumes(case_id)
    codes = None if record is None else np.tile(encode(record), (len(groups.pixels), 1))
    scores = predict(package, groups.pixels, codes).mean(axis=0)
    target = None if question.target is None else package.classes.index(question.target)
    maps = saliency(package, groups.pixels, codes, target, question.method)
    inside = lesion_on_frames(archive.t2_geometry(case_id), outline, groups.frames)
    numbers = lesion_saliency(sequences, maps, inside)
    result = CaseSaliency(
        letter=package.spec.letter,
        package_sha256=package.sha256,
        target=question.target,
        method=question.method.value,
        source=question.source(),
        groups=len(groups.pixels),
        probabilities={name: float(v) for name, v in zip(package.classes, scores, strict=True)},
        share_of_sequence=numbers.share,
        energy_in_lesion=numbers.energy,
        area_in_lesion=numbers.area,
        pointing=numbers.pointing,
    )
    own = {
        s: frames_to_sequence(maps[..., i], groups.frames, volumes[s].geometry)
        for i, s in enumerate(sequences)
    }
    return result, _to_bytes(own)


def _to_bytes(maps: Mapping[Sequence, NDArray[np.float32]]) -> dict[Sequence, NDArray[np.uint8]]:
    """All sequences on one scale, so that their colours can be compared: 255 is `BRIGHTEST`."""
    positive = np.concatenate([m[m > 0] for m in maps.values()])
    top = float(np.percentile(positive, BRIGHTEST)) if len(positive) else 1.0
    return {s: np.rint(np.clip(m / top, 0, 1) * 255).astype(np.uint8) for s, m in maps.items()}


def _stored(folder: Path) -> CaseSaliency | None:
    try:
        values: dict[str, Any] = json.loads((folder / RECORD).read_text())
    except FileNotFoundError:
        return None
    if set(values) != {f.name for f in fields(CaseSaliency)}:  # written by another version
        return None
    return CaseSaliency(**values)


def _write(folder: Path, result: CaseSaliency, volumes: Mapping[Sequence, NDArray[np.uint8]]) -> None:
    """All files of a result, or none; a former one is replaced."""
    with new_folder(folder) as part:
        for sequence, voxels in volumes.items():
            (part / f"{sequence.slug}.u8.gz").write_bytes(gzip.compress(voxels.tobytes(), 1, mtime=0))
        (part / RECORD).write_text(json.dumps(asdict(result), indent=2) + "\n")
