"""Phantom images on demand: rendered as DICOM files and taken in by the importer like anyone's."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import cache, partial
from multiprocessing import get_context
from pathlib import Path

import numpy as np

from dls import clinical
from dls.errors import InputError
from dls.imaging.archive import ImageArchive
from dls.imaging.dicom import write_series
from dls.imaging.groups import image_groups
from dls.imaging.importer import ImportedStudy, import_study
from dls.imaging.roi import Outline
from dls.nn.data import GroupSet
from dls.phantom.cohort import PhantomPatient, validation_cohort
from dls.phantom.render import render
from dls.progress import Progress


def phantom_patient(image_source: str) -> PhantomPatient:
    """The validation patient that a case's image source, such as "phantom:V-001", names.

    Raises
    ------
    InputError
        when the source is not a phantom of the validation cohort.
    """
    try:
        return _validation_by_code()[image_source.removeprefix("phantom:")]
    except KeyError:
        raise InputError(
            "No such phantom patient",
            expected="phantom:V-001 to phantom:V-201",
            got=repr(image_source),
            remedy="import the images of this case, or make the demo study again with --reset",
        ) from None


@cache
def _validation_by_code() -> dict[str, PhantomPatient]:
    return {patient.code: patient for patient in validation_cohort()}


def import_phantom(patient: PhantomPatient) -> tuple[ImportedStudy, Outline]:
    """Render a phantom to DICOM files in a temporary folder and import that folder."""
    study = render(patient)
    with tempfile.TemporaryDirectory(prefix="phantom-") as name:
        folder = Path(name)
        for series in study.series:
            write_series(folder / series.sequence.slug, series.voxels, series.geometry, series.tags)
        return import_study(folder), Outline(study.outline)


def render_case(archive_root: Path, case_id: int, image_source: str) -> None:
    """Put the images of a phantom case into the archive; does nothing when they are there."""
    archive = ImageArchive(archive_root)
    if not archive.has(case_id):
        imported, outline = import_phantom(phantom_patient(image_source))
        archive.put(case_id, imported.volumes, outline)


def build_groups(
    patients: Sequence[PhantomPatient], size: int, *, workers: int = 2, progress: Progress | None = None
) -> GroupSet:
    """Image groups of phantom patients at `size` pixels, through the importer, in the order given."""
    pixels, owners = [], []
    for index, made in enumerate(_each(patients, size, workers)):
        pixels.append(made)
        owners.append(np.full(len(made), index))
        if progress:
            progress(index + 1, len(patients), "phantom patients")
    return GroupSet(
        pixels=np.concatenate(pixels),
        patient=np.concatenate(owners),
        codes=np.array([p.code for p in patients]),
        lesion_class=np.array([int(p.lesion_class) for p in patients]),
        clinical=np.stack([clinical.encode(p.clinical) for p in patients]),
    )


def _each(patients: Sequence[PhantomPatient], size: int, workers: int) -> Iterator[np.ndarray]:
    """Pixels of each patient's groups, in order; one worker is this process itself."""
    work = partial(_groups_of, size=size)
    if workers == 1:
        yield from map(work, patients)
        return
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        yield from pool.map(work, patients, chunksize=4)


def _groups_of(patient: PhantomPatient, size: int) -> np.ndarray:
    imported, outline = import_phantom(patient)
    return image_groups(imported.volumes, outline, size).pixels.astype(np.float16)
