"""From an image server into a delivery: every instance is de-identified as it arrives, in memory."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from dls.imaging.delivery import Delivery
from dls.imaging.pacs.peers import DicomWebServer, Peer, checked_uid
from dls.imaging.pacs.shelves import DeliveryShelf
from dls.imaging.pacs.stopping import Stopped
from dls.imaging.pacs.transfer import fetch_onto
from dls.imaging.reception import Reception
from dls.progress import Progress


def source_of(peer: Peer) -> str:
    """Kind of source that a server is, one of `delivery.SOURCES`."""
    return "dicomweb" if isinstance(peer, DicomWebServer) else "dimse"


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

    The originals are in memory only, one at a time.  De-identified copies of what arrived stay for the next
    attempt, except when an image is refused: then nothing stays.

    Raises
    ------
    PeerError, StoppedError, InputError, ConflictError
        from `transfer.fetch_onto` and `reception.receive`.
    """
    with Reception(home, source_of(peer), checked_uid(study_uid, "study")) as reception:
        shelf = DeliveryShelf(reception)
        fetch_onto(peer, study_uid, shelf, modalities=modalities, progress=progress, stopped=stopped)
        return reception.finish()
