"""From an image server into a delivery: fetched, de-identified, and the originals removed again."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Sequence
from pathlib import Path

from dls.imaging.delivery import Delivery
from dls.imaging.pacs.inbox import Progress
from dls.imaging.pacs.peers import DicomWebServer, Peer
from dls.imaging.pacs.stopping import Stopped
from dls.imaging.pacs.transfer import fetch
from dls.imaging.reception import receive
from dls.imaging.sources import folder_files

FOLDER = "fetched"
"""Below the home folder; holds original files, closed to other accounts, from fetching to receiving."""


def deliver(
    peer: Peer,
    study_uid: str,
    home: Path,
    *,
    modalities: Sequence[str] = ("MR",),
    progress: Progress | None = None,
    stopped: Stopped = lambda: False,
) -> Delivery:
    """Fetch a study and receive it; the same study again gives the delivery that is there.

    Raises
    ------
    PeerError, StoppedError, InputError, ConflictError
        from `transfer.fetch` and `reception.receive`.  What arrived stays for the next attempt.
    """
    folder = fetched_folder(home, study_uid)
    fetched = fetch(peer, study_uid, folder, modalities=modalities, progress=progress, stopped=stopped)
    source = "dicomweb" if isinstance(peer, DicomWebServer) else "dimse"
    total = len(fetched.files)
    delivery = receive(folder_files(folder), home, source, total=total, progress=progress, cancelled=stopped)
    shutil.rmtree(folder)
    return delivery


def fetched_folder(home: Path, study_uid: str) -> Path:
    """Where the originals of a study are while it is fetched; the name does not tell which study it is."""
    return home / FOLDER / hashlib.sha256(study_uid.encode()).hexdigest()[:32]
