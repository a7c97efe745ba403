"""A delivery: the images of one study as they were received, de-identified, typed and ready to be confirmed.

`reception.receive` makes it, in `home/deliveries/<hash of the content>`; this is how it is found and read.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
import shutil
import warnings
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import pydicom

from dls.domain import Sequence
from dls.errors import InputError
from dls.imaging.deidentify import RemovalReport
from dls.imaging.gate import check
from dls.imaging.headers import Header
from dls.imaging.importer import volumes_of
from dls.imaging.sequence_choice import choose
from dls.imaging.sequence_typing import Candidate, candidates
from dls.imaging.stacks import Stack, stacks
from dls.imaging.staging import RECORD, from_json, report_to_json, to_json
from dls.imaging.volume import Volume
from dls.progress import Progress

FOLDER = "deliveries"
FORMAT = 1
SOURCES = ("folder", "zip", "browser", "dicomweb", "dimse")


@dataclass(frozen=True, slots=True)
class Delivery:
    """What was received of one study.

    Parameters
    ----------
    id : 32 hexadecimal digits, a keyed hash of the content of all files
    folder : where the de-identified copies are
    source : kind of source, one of `SOURCES`
    files : number of image files
    left_out : reason -> number of files that were not taken
    removal : what the de-identification removed and replaced, over all files
    stacks : what should be one volume each; series descriptions hold listed terms only (see `descriptions`),
        times are moved by a secret amount
    candidates : what the stacks may be
    problems : UID of a stack -> why it is no regular volume
    patient, study : pseudonyms; no patient where the files give no patient number, or one that names nobody
    repeated : whether the same files had been received before
    """

    id: str
    folder: Path
    source: str
    files: int
    left_out: Mapping[str, int]
    removal: RemovalReport
    stacks: tuple[Stack, ...]
    candidates: tuple[Candidate, ...]
    problems: Mapping[str, str]
    patient: str
    study: str
    repeated: bool = False

    @property
    def suggestion(self) -> dict[Sequence, str]:
        """The stack of each sequence for which one is certain, sequence -> UID of the stack."""
        return {s: stack.uid for s, stack in choose(self.candidates, self.stacks, ()).items()}

    def title(self, uid: str) -> str:
        """Series number and cleaned description of a stack."""
        return next(stack.title for stack in self.stacks if stack.uid == uid)

    def thumbnail(self, number: int) -> Path:
        """PNG of the middle slice of stack `number`; no file where its pixels cannot be decoded."""
        return self.folder / thumbnail_name(number)


def thumbnail_file(home: Path, delivery_id: str, number: int) -> Path:
    """Where the thumbnail of a stack is, if there is one; the id may come from anywhere."""
    return home / FOLDER / (delivery_id if _is_id(delivery_id) else "none") / thumbnail_name(number)


def thumbnail_name(number: int) -> str:
    """File of a stack's thumbnail in the folder of the delivery."""
    return f"{number}.png"


def received(home: Path) -> tuple[str, ...]:
    """Ids of all complete deliveries, the newest first."""
    records = sorted((home / FOLDER).glob(f"*/{RECORD}"), key=lambda p: p.stat().st_mtime, reverse=True)
    return tuple(path.parent.name for path in records if _is_id(path.parent.name))


def load(home: Path, delivery_id: str) -> Delivery:
    """A delivery that was received before.

    Raises
    ------
    InputError
        when there is none of this id, or its record is damaged.
    """
    folder = home / FOLDER / delivery_id
    if not _is_id(delivery_id) or not (folder / RECORD).is_file():
        raise InputError(
            "There is no such delivery", got=repr(delivery_id), remedy="receive the files of the study again"
        )
    try:
        return _from_record(folder, json.loads((folder / RECORD).read_text()))
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise InputError(
            "The record of a delivery is damaged",
            got=f"{delivery_id}: {type(error).__name__}: {error}",
            remedy="discard the delivery and receive the files again",
        ) from error


def discard(home: Path, delivery_id: str) -> None:
    """Remove a delivery that no case needs.

    Raises
    ------
    InputError
        when there is none of this id.
    """
    folder = load(home, delivery_id).folder
    hidden = folder.rename(folder.with_name(f".{delivery_id}.discarded"))
    shutil.rmtree(hidden)


def volumes(
    delivery: Delivery, assignment: Mapping[Sequence, str], progress: Progress | None = None
) -> dict[Sequence, Volume]:
    """Volumes of a delivery as a person confirmed them.

    Parameters
    ----------
    assignment : sequence -> UID of the stack; no other stack is taken

    Raises
    ------
    InputError
        when nothing is assigned, a stack is not there or is used twice, or a copy was altered.
    GeometryError
        when a stack is not a regular volume, or the frames of reference differ.
    """
    if not assignment:
        raise InputError("No series is assigned to a sequence", remedy="assign at least T2")
    chosen = choose((), delivery.stacks, (), assignment)
    _check_copies(delivery, chosen)
    return volumes_of(chosen, progress)[0]


def scanner(delivery: Delivery) -> str:
    """Maker and field strength as the images name them, such as "SIEMENS 3 T"."""
    first = delivery.stacks[0].first
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a field strength that breaks the standard is no field strength
        dataset = pydicom.dcmread(
            first.path, stop_before_pixels=True, specific_tags=["Manufacturer", "MagneticFieldStrength"]
        )
        strength = dataset.get("MagneticFieldStrength")
    maker = str(dataset.get("Manufacturer") or "unknown maker")
    return maker if not strength else f"{maker} {float(strength):.2g} T"


def fingerprint(secret: bytes, content: bytes) -> str:
    """Keyed hash of a name or of bytes, 64 hexadecimal digits."""
    return hmac.new(secret, b"delivery\0" + content, hashlib.sha256).hexdigest()


def record_of(delivery: Delivery, copies: Mapping[str, str]) -> dict[str, Any]:
    """What `load` reads; `copies` gives the SHA-256 of every copy by its name."""
    kept = {n: getattr(delivery, n) for n in ("source", "files", "left_out", "problems")}
    listed = [{"uid": s.uid, "headers": [to_json(h) for h in s.headers]} for s in delivery.stacks]
    typed = [asdict(c) for c in delivery.candidates]
    who = {"patient": delivery.patient, "study": delivery.study}
    report = {"removal": report_to_json(delivery.removal), "copies": dict(copies)}
    return {"format": FORMAT, **kept, **who, "stacks": listed, "candidates": typed, **report}


def typed(headers: Iterable[Header]) -> tuple[tuple[Stack, ...], tuple[Candidate, ...], dict[str, str]]:
    """Stacks of a study, what they may be, and what is wrong with their geometry."""
    found = stacks(list(headers))
    problems = {}
    for stack in found:
        try:
            check(stack.headers)
        except InputError as error:
            problems[stack.uid] = str(error)
    return found, candidates(found), problems


def _from_record(folder: Path, record: Mapping[str, Any]) -> Delivery:
    if record["format"] != FORMAT:
        raise ValueError(f"format {record['format']}")
    plain = {n: record[n] for n in ("source", "files", "left_out", "problems", "patient", "study")}
    listed = tuple(
        Stack(s["uid"], tuple(from_json(h, folder) for h in s["headers"])) for s in record["stacks"]
    )
    typed = tuple(
        Candidate(c["series_uid"], Sequence(c["sequence"]), c["confidence"], tuple(c["reasons"]), c["title"])
        for c in record["candidates"]
    )
    removal = RemovalReport(**record["removal"])
    return Delivery(folder.name, folder, **plain, removal=removal, stacks=listed, candidates=typed)


def _check_copies(delivery: Delivery, chosen: Mapping[Sequence, Stack]) -> None:
    copies = json.loads((delivery.folder / RECORD).read_text())["copies"]
    for path in {h.path for stack in chosen.values() for h in stack.headers}:
        if not path.is_file() or hashlib.sha256(path.read_bytes()).hexdigest() != copies[path.name]:
            raise InputError(
                "A received image is missing or was altered",
                got=path.name,
                remedy="discard the delivery and receive the files again",
            )


def _is_id(text: str) -> bool:
    return re.fullmatch("[0-9a-f]{32}", text) is not None
