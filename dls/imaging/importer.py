"""One way in for every image: a folder of DICOM files to checked, typed volumes.

Order of work: headers of all files, stacks, types, geometry of the chosen stacks, frames of reference, and
only then pixels.  Nothing is written anywhere, so a failure leaves nothing behind.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from dls.domain import ALL_SEQUENCES, Sequence
from dls.errors import GeometryError, InputError
from dls.geometry import Geometry
from dls.imaging.gate import check, in_order
from dls.imaging.headers import Header, read_headers
from dls.imaging.pixels import decode
from dls.imaging.sequence_choice import choose
from dls.imaging.sequence_typing import Candidate, candidates
from dls.imaging.stacks import Stack, stacks
from dls.imaging.volume import Volume
from dls.progress import Progress


@dataclass(frozen=True, slots=True)
class ImportedStudy:
    """What came out of one folder.

    Parameters
    ----------
    volumes : the sequences found, in channel order
    frame_of_reference : UID that all volumes share
    typing : all candidates, the chosen ones and the others
    series : sequence -> UID of the stack it was read from
    patient_id, study_uid : as in the files; identifying, not to be shown to readers
    """

    volumes: Mapping[Sequence, Volume]
    frame_of_reference: str
    typing: tuple[Candidate, ...]
    series: Mapping[Sequence, str]
    patient_id: str
    study_uid: str


def read_series(folder: Path) -> Volume:
    """The volume of a folder that holds exactly one series.

    Raises
    ------
    InputError
        when the folder has no image, one that is not DICOM, is cut short or is not MR, or has several series.
    GeometryError
        when the images do not form one regular volume; see `gate.check`.
    """
    headers = read_headers(folder)
    uids = {h.series_uid for h in headers}
    if len(uids) > 1:
        raise InputError(
            "The folder holds several series",
            expected="one series",
            got=f"{len(uids)} in {folder}",
            remedy="give the folder of one series, or import it as a study",
            code="several-series",
        )
    return _volume(headers)


def survey(folder: Path, progress: Progress | None = None) -> tuple[tuple[Stack, ...], tuple[Candidate, ...]]:
    """Stacks of the MR images below a folder and what they may be; no pixel is read.

    Raises
    ------
    InputError
        when there is no MR image, a file is not DICOM or cut short, or there are several patients or studies.
    """
    headers = read_headers(folder, progress)
    images = [h for h in headers if h.modality == "MR"]
    if not images:
        got = ", ".join(sorted({h.modality or "none" for h in headers}))
        raise InputError(
            "The folder holds no MR image", expected="modality MR", got=f"{got} in {folder}", code="no-mr"
        )
    for name, code, values in (
        ("patient", "several-patients", {h.patient_id for h in images}),
        ("study", "several-studies", {h.study_uid for h in images}),
    ):
        if len(values) > 1:
            raise InputError(
                f"The folder holds more than one {name}",
                expected=f"one {name} a folder",
                got=f"{len(values)} in {folder}",
                remedy="import each from a folder of its own",
                code=code,
            )
    found = stacks(images)
    return found, candidates(found)


def import_study(
    folder: Path,
    *,
    required: tuple[Sequence, ...] = ALL_SEQUENCES,
    assignment: Mapping[Sequence, str] | None = None,
    progress: Progress | None = None,
) -> ImportedStudy:
    """Volumes of the study in a folder.

    Parameters
    ----------
    required : sequences without which the import is refused; the others are taken where they are certain
    assignment : sequence -> series or stack UID, as a person confirmed it; overrules the typing
    progress : called with (done, total, what) for every file

    Raises
    ------
    InputError
        for a file that is not DICOM or cut short, no MR image, several patients, a required sequence that is
        missing or not certain (the candidates are named).
    GeometryError
        when a chosen series is not a regular volume, or the volumes have different frames of reference.
    """
    found, typing = survey(folder, progress)
    chosen = choose(typing, found, required, assignment)
    if not chosen:
        raise InputError(
            "No series of the study is recognised as a sequence",
            got="; ".join(stack.title for stack in found),
            remedy="assign a series to a sequence",
            code="nothing-recognised",
        )
    volumes, frame = volumes_of(chosen, progress)
    first = found[0].first
    series = {sequence: stack.uid for sequence, stack in chosen.items()}
    return ImportedStudy(volumes, frame, typing, series, first.patient_id, first.study_uid)


def volumes_of(
    chosen: Mapping[Sequence, Stack], progress: Progress | None = None
) -> tuple[dict[Sequence, Volume], str]:
    """Volumes of the chosen stacks, every geometry checked before any pixel is read, and their common frame
    of reference.

    Raises
    ------
    GeometryError
        when a stack is not a regular volume, or the stacks have different frames of reference.
    InputError
        when pixels cannot be decoded.
    """
    geometries = {sequence: _checked(sequence, stack) for sequence, stack in chosen.items()}
    frame = _frame_of_reference(chosen)
    volumes = {}
    for done, (sequence, stack) in enumerate(chosen.items()):
        ordered = in_order(stack.headers)
        volumes[sequence] = Volume(decode(ordered), geometries[sequence], stack.first.window)
        if progress is not None:
            progress(done + 1, len(chosen), "decoding")
    return volumes, frame


def _volume(headers: tuple[Header, ...]) -> Volume:
    geometry = check(headers)
    return Volume(decode(in_order(headers)), geometry, headers[0].window)


def _checked(sequence: Sequence, stack: Stack) -> Geometry:
    """Geometry of a stack; an error names the sequence and the series."""
    try:
        return check(stack.headers)
    except InputError as error:
        raise error.at(f"{sequence} ({stack.title})") from error


def _frame_of_reference(chosen: Mapping[Sequence, Stack]) -> str:
    """The one frame of reference of all files."""
    frames = {s: {h.frame_of_reference for h in stack.headers} for s, stack in chosen.items()}
    every = set().union(*frames.values())
    if "" in every:
        lacking = ", ".join(s for s, uids in frames.items() if "" in uids)
        raise GeometryError(
            "A series has no frame of reference, so nothing says how it lies against the others",
            expected="Frame of Reference UID (0020,0052)",
            got=f"none in {lacking}",
            remedy="import the original images",
            code="no-frame-of-reference",
        )
    if len(every) > 1:
        listed = "; ".join(f"{s} {', '.join(sorted(uids))}" for s, uids in frames.items())
        raise GeometryError(
            "The sequences have different frames of reference: the patient was repositioned between them",
            expected="one Frame of Reference UID",
            got=listed,
            remedy="register the series first, or import those of one session",
            code="different-frames-of-reference",
        )
    return every.pop()
