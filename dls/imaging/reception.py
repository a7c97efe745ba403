"""Receiving a study: its files are looked at one by one, de-identified and kept as copies, and then typed.

What identifies a patient stays in memory for as long as its file is looked at.  A delivery is there
completely or not at all; one that was interrupted is taken up where it stopped; the same files twice give the
delivery that is there.  Series are typed by what the originals say, since their descriptions do not survive:
of a description only listed terms are kept, and times are moved by an amount that only the key tells.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import replace
from io import BytesIO
from pathlib import Path, PurePosixPath
from types import TracebackType

from pydicom.dataset import Dataset

from dls.errors import InputError, StoppedError
from dls.imaging.admission import is_secondary_capture
from dls.imaging.dataset import dataset_of
from dls.imaging.deidentify import RemovalReport, deidentify
from dls.imaging.delivery import (
    FOLDER,
    SOURCES,
    Delivery,
    fingerprint,
    load,
    received,
    record_of,
    thumbnail_name,
    typed,
)
from dls.imaging.evidence import cleaned_once, evidence
from dls.imaging.headers import Header, headers_in
from dls.imaging.sources import Incoming, LeftOut, content_of
from dls.imaging.stacks import Stack
from dls.imaging.staging import PARTIAL, Staged, Staging, remove_stale
from dls.imaging.thumbnails import thumbnail
from dls.imaging.uid_keys import UidKeys
from dls.progress import Progress

KEY_FILE = Path("keys") / "uid.key"
"""Below the home folder; in no backup of the study, so that it can be kept apart from them."""

_NOT_DICOM = {
    ".txt", ".md", ".htm", ".html", ".css", ".js", ".xml", ".json", ".pdf", ".doc", ".docx", ".csv", ".xls",
    ".xlsx", ".exe", ".dll", ".msi", ".jar", ".inf", ".ini", ".bat", ".ico", ".jpg", ".jpeg", ".png", ".gif",
    ".bmp",
}  # fmt: skip
"""Files of these names that do not start as DICOM files do come with the viewers on CDs."""


def receive(
    files: Iterable[Incoming],
    home: Path,
    source: str,
    *,
    study_uid: str = "",
    total: int | None = None,
    progress: Progress | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> Delivery:
    """Take the files of one study from a source into a delivery.

    Parameters
    ----------
    files : in any order; looked at one at a time
    home : folder of the running study
    source : kind of source, one of `SOURCES`
    study_uid : of the study at the source, where it is known beforehand; files that came before an
        interruption are then not fetched again (see `Incoming`)
    total : number of files for the progress, where it is known
    progress : called with (done, total, what) for every file
    cancelled : asked before every file

    Raises
    ------
    InputError
        for a file that is not DICOM, is cut short, may not be imported or belongs to another patient or
        study; when there is no MR image.
    StoppedError
        when `cancelled` says so; what came stays, and the next run takes it up.
    ConflictError
        when another process is receiving the same study.
    """
    with Reception(home, source, study_uid) as reception:
        for done, incoming in enumerate(files):
            reception.go_on(done, cancelled)
            reception.take(incoming)
            if progress is not None:
                progress(done + 1, max(total or 0, done + 1), "receiving")
        return reception.finish()


def received_uid(home: Path, stack_uid: str) -> str:
    """UID under which a delivery knows a series or stack of the originals."""
    series, mark, part = stack_uid.partition("#")
    return keys_of(home).uid(series) + mark + part


def keys_of(home: Path) -> UidKeys:
    """The key of a study, made with the first study received.

    Raises
    ------
    InputError
        when it is gone: another one would give known patients new pseudonyms.
    AccessError
        when others may read it.
    """
    path = home / KEY_FILE
    if not path.exists() and received(home):
        raise InputError(
            "The key of this study is missing",
            expected=str(path),
            remedy="put it back from where it is kept apart; it is in no backup",
        )
    return UidKeys.load_or_create(path)


class Reception:
    """One run of receiving; a context, which gives what came up when it ends with an InputError.

    Parameters
    ----------
    home : folder of the running study
    source : kind of source, one of `SOURCES`
    study_uid : of the study at the source, or empty

    Raises
    ------
    InputError, ConflictError
        as `receive`.
    """

    def __init__(self, home: Path, source: str, study_uid: str) -> None:
        if source not in SOURCES:
            raise InputError("Unknown kind of source", expected=", ".join(SOURCES), got=repr(source))
        self._home, self._source = home, source
        self._keys = keys_of(home)
        self._left_out: Counter[str] = Counter()
        self._taken: dict[str, Staged] = {}
        self._first: Header | None = None
        self._staging: Staging | None = None
        remove_stale(home / FOLDER)
        if study_uid:
            self._open(study_uid)

    def __enter__(self) -> Reception:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._staging is None:
            return
        if isinstance(error, InputError):  # refused: unlike after a stop, there is nothing to go on with
            self._staging.remove()
        self._staging.close()

    def go_on(self, done: int, cancelled: Callable[[], bool] | None) -> None:
        """Raise StoppedError when the run is to stop."""
        if cancelled is not None and cancelled():
            raise StoppedError(
                f"Stopped after {done} files; nothing was imported",
                remedy="start the same import again: it goes on where it stopped",
            )

    def take(self, incoming: Incoming) -> None:
        """Take one file, or count why it is left out."""
        if isinstance(incoming.content, LeftOut):
            self._left_out[incoming.content.reason] += 1
            return
        if callable(incoming.content) and self.take_up(incoming.name):
            return
        name = fingerprint(self._keys.secret, incoming.name.encode())
        reason = self._look_at(content_of(incoming), incoming.name, name)
        if reason:
            self._left_out[reason] += 1

    def take_up(self, name: str) -> bool:
        """Take a file whose copy came before an interruption; whether there is one of this name.

        The name must stand for the content, see `Incoming`.
        """
        marked = fingerprint(self._keys.secret, name.encode())
        known = None if self._staging is None else self._staging.by_name(marked)
        if known is None:
            return False
        self._check_study(known.headers[0])
        self._taken[known.content] = known
        return True

    def finish(self) -> Delivery:
        """Type what came and put the delivery in place."""
        if not self._taken or self._staging is None:
            raise InputError(
                "There is no MR image",
                expected="the DICOM files of one study",
                got=", ".join(f"{n} files: {reason}" for reason, n in self._left_out.items()) or "no file",
                remedy="give the folder or archive of the study",
            )
        delivery = self._delivery()
        if (self._home / FOLDER / delivery.id).exists():
            self._staging.remove()
            return replace(load(self._home, delivery.id), repeated=True)
        pictures = self._thumbnails(delivery.stacks)
        copies = {s.file: s.sha256 for s in self._taken.values()}
        self._staging.seal({*copies, *pictures}, record_of(delivery, copies), delivery.folder)
        return load(self._home, delivery.id)

    def _look_at(self, content: bytes, called: str, name: str) -> str:
        """Take the images of a file's bytes; why not, otherwise."""
        if content[128:132] != b"DICM" and PurePosixPath(called).suffix.casefold() in _NOT_DICOM:
            return "no DICOM file, by its name"
        originals = headers_in(content, Path(PurePosixPath(called).name or "file"))
        if not originals:
            return "no image"
        first = originals[0]
        if is_secondary_capture(first.sop_class):
            return "secondary capture, which may show the patient's name"
        if first.modality != "MR":
            return "no MR image"
        if self._staging is None:
            self._open(first.study_uid)
        mark = fingerprint(self._keys.secret, content)
        if mark in self._taken:
            return "the same file again"
        assert self._staging is not None
        staged = self._staging.by_content(mark)
        if staged is None:
            staged, copy = self._cleaned(content, originals, (name, mark))
            self._check_study(staged.headers[0])
            self._staging.add(staged, copy)
        else:
            self._check_study(staged.headers[0])
        self._taken[mark] = staged
        return ""

    def _check_study(self, copy: Header) -> None:
        """Refuse a second patient or study; pseudonyms tell them apart as well as the originals."""
        if self._first is None:
            self._first = copy
        for what in ("patient_id", "study_uid"):
            if getattr(copy, what) != getattr(self._first, what):
                raise InputError(
                    f"The files are of more than one {what.partition('_')[0]}",
                    expected="one study of one patient",
                    got="files of two",
                    remedy="import each study by itself",
                )

    def _open(self, study_uid: str) -> None:
        mark = fingerprint(self._keys.secret, study_uid.encode())[:32]
        self._staging = Staging(self._home / FOLDER / f".{mark}{PARTIAL}")

    def _cleaned(
        self, content: bytes, originals: tuple[Header, ...], marks: tuple[str, str]
    ) -> tuple[Staged, bytes]:
        """The de-identified copy of a file; `marks` are the keyed hashes of its name and content."""
        assert self._staging is not None
        dataset, report = self._deidentified(content, originals[0])
        written = BytesIO()
        dataset.save_as(written, enforce_file_format=True)
        copy = written.getvalue()
        path = self._staging.path(marks[1])
        made = headers_in(copy, path)
        assert len(made) == len(originals)
        headers = tuple(evidence(o, m, self._keys) for o, m in zip(originals, made, strict=True))
        digest = hashlib.sha256(copy).hexdigest()
        return Staged(*marks, path.name, digest, headers, report), copy

    def _deidentified(self, content: bytes, header: Header) -> tuple[Dataset, RemovalReport]:
        """The cleaned dataset; a refusal names the file."""
        try:
            dataset = dataset_of(content, header.path.name)
            return deidentify(dataset, self._keys, description=cleaned_once(header.description))
        except InputError as error:
            raise error.at(header.path.name) from error

    def _delivery(self) -> Delivery:
        marks = "\n".join(sorted(self._taken))
        found, candidates, problems = typed(
            [replace(h, path=self._staging_path(h)) for s in self._in_order() for h in s.headers]
        )
        removal = RemovalReport.total(s.removal for s in self._taken.values())
        number = hashlib.sha256(marks.encode()).hexdigest()[:32]
        first = found[0].first
        return Delivery(
            number,
            self._home / FOLDER / number,
            self._source,
            len(self._taken),
            dict(sorted(self._left_out.items())),
            removal,
            found,
            candidates,
            problems,
            "" if self._keys.names_nobody(first.patient_id) else first.patient_id,
            first.study_uid,
        )

    def _in_order(self) -> list[Staged]:
        """Files by series and instance, whatever order they came in."""
        return sorted(
            self._taken.values(),
            key=lambda s: (s.headers[0].series_number or 0, s.headers[0].instance_number or 0, s.file),
        )

    def _staging_path(self, header: Header) -> Path:
        assert self._staging is not None
        return self._staging.folder / header.path.name

    def _thumbnails(self, found: tuple[Stack, ...]) -> list[str]:
        """Write the thumbnails of all stacks whose pixels can be decoded; returns their names."""
        assert self._staging is not None
        names = []
        for number, stack in enumerate(found):
            try:
                picture = thumbnail(stack)
            except InputError:
                continue  # the screen shows the stack without one; its volume is refused with the reason
            (self._staging.folder / thumbnail_name(number)).write_bytes(picture)
            names.append(thumbnail_name(number))
        return names
