"""Instances that a DIMSE peer stores to us, with C-GET on our association or with C-MOVE on its own."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator

from pydicom.dataset import Dataset
from pynetdicom.association import Association
from pynetdicom.events import Event

from dls.errors import DLSError
from dls.imaging.pacs.associations import unsuccessful
from dls.imaging.pacs.inbox import Inbox
from dls.imaging.pacs.peers import DimsePeer
from dls.imaging.pacs.stopping import Stopped, check

Responses = Iterator[tuple[Dataset, Dataset | None]]

_STORED, _OUT_OF_RESOURCES, _NOT_UNDERSTOOD = 0x0000, 0xA700, 0xC000
_LOOK_S = 0.05


class Reception:
    """Takes instances in while a retrieval runs, and watches it.

    The retrieval's answers are awaited in a thread of their own, so that a stop is obeyed at once, and a peer
    counts as silent only when neither answers nor instances come.

    Parameters
    ----------
    stopped : asked about twenty times a second
    """

    def __init__(self, peer: DimsePeer, inbox: Inbox, stopped: Stopped) -> None:
        self._peer, self._inbox, self._stopped = peer, inbox, stopped
        self._lock = threading.Lock()
        self._error: DLSError | None = None
        self._heard = time.monotonic()
        self._final = Dataset()

    def store(self, event: Event) -> int:
        """Take one instance in (handler of C-STORE requests); returns the status for the peer."""
        with self._lock:
            self._heard = time.monotonic()
            if self._error is not None or self._stopped():
                return _OUT_OF_RESOURCES
            try:
                arrival = self._inbox.begin()
                arrival.write(event.encoded_dataset())
                arrival.finish()
            except DLSError as error:
                self._error = error
                return _NOT_UNDERSTOOD
            self._heard = time.monotonic()
            return _STORED

    def run(self, association: Association, responses: Responses, what: str) -> None:
        """Wait until the retrieval has ended.

        Raises
        ------
        PeerError
            when the peer fails, falls silent or breaks off, or an instance is refused.
        StoppedError
            when a stop was asked for.
        """
        waiter = threading.Thread(target=self._await, args=(responses,), daemon=True)
        waiter.start()
        try:
            while waiter.is_alive():
                waiter.join(_LOOK_S)
                self._watch(what)
        except DLSError:
            association.abort()
            raise
        if self._final.get("Status") != _STORED:
            raise unsuccessful(self._peer, what, self._final)

    def _watch(self, what: str) -> None:
        check(self._stopped)
        if self._error is not None:
            raise self._error
        if time.monotonic() - self._heard > self._peer.timeout_s:
            raise unsuccessful(self._peer, what, Dataset())

    def _await(self, responses: Responses) -> None:
        for status, _ in responses:
            self._heard = time.monotonic()
            self._final = status
