"""Peers that refuse, fail or lie, as a real server does not on demand."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pydicom
import pytest
from pydicom.dataset import Dataset
from pynetdicom import AE, build_context, evt

from dls.domain import Sequence
from dls.errors import InputError, PeerError
from dls.imaging.pacs.associations import associate, end
from dls.imaging.pacs.dimse import FIND, GET, MOVE, VERIFICATION
from dls.imaging.pacs.peers import DimsePeer, Query, Retrieval
from dls.imaging.pacs.storage_classes import receiving_contexts
from dls.imaging.pacs.transfer import fetch, find, send, verify
from dls.imaging.pacs.wholeness import identity
from tests.imaging.pacs.relay import LOOPBACK, free_port
from tests.imaging.series import uid, write_sequence

STUDY, SERIES = "1.2.3", uid(Sequence.T2)


@contextmanager
def peer(classes: tuple[str, ...], handlers: list[Any], *, calling: str = "") -> Iterator[DimsePeer]:
    """A peer that offers some services."""
    entity = AE(ae_title="PEER")
    entity.require_calling_aet = [calling] if calling else []
    for one in classes:
        entity.add_supported_context(one)
    for context in receiving_contexts() if GET in classes else ():
        entity.add_supported_context(context.abstract_syntax, scu_role=True, scp_role=True)
    port = free_port()
    server = entity.start_server((LOOPBACK, port), block=False, evt_handlers=handlers)
    assert server is not None
    try:
        yield DimsePeer(LOOPBACK, port, "PEER", timeout_s=5.0)
    finally:
        server.shutdown()


def answers(uids: list[str], count: int) -> Any:
    """Handler of searches: one series of T2 with these instances, said to be so many."""

    def handle(event: evt.Event) -> Iterator[tuple[int, Dataset | None]]:
        level = event.identifier.QueryRetrieveLevel
        for one in uids if level == "IMAGE" else [""]:
            found = Dataset()
            found.QueryRetrieveLevel = level
            found.StudyInstanceUID, found.SeriesInstanceUID, found.Modality = STUDY, SERIES, "MR"
            found.NumberOfSeriesRelatedInstances = count
            if level == "IMAGE":
                found.SOPInstanceUID = one
            yield 0xFF00, found

    return (evt.EVT_C_FIND, handle)


def test_echo() -> None:
    with peer((VERIFICATION,), []) as there:
        verify(there)


def test_no_answer_is_taken_from_whoever_asked() -> None:
    with peer((VERIFICATION,), []) as there:
        association = associate(there, [build_context(VERIFICATION)])
        try:
            association.dimse.msg_queue.put((1, None))  # as one that comes before its thread has paused
            time.sleep(0.1)
            assert association.dimse.get_msg(block=True) == (1, None)
        finally:
            end(association)


def test_our_title_is_not_known() -> None:
    with (
        peer((VERIFICATION,), [], calling="FRIEND") as there,
        pytest.raises(PeerError, match="refused the association") as caught,
    ):
        verify(there)
    assert "Calling AE title not recognised" in caught.value.got
    assert "ours, DLS" in caught.value.remedy


def test_services_that_are_not_offered(tmp_path: Path) -> None:
    path = write_sequence(tmp_path, Sequence.T2)[0]
    with peer((VERIFICATION,), []) as there, pytest.raises(PeerError, match="none of the services") as caught:
        send(there, [path])
    assert "MR Image Storage" in caught.value.expected
    found = answers([identity(path).sop_uid], 1)
    with peer((FIND,), [found]) as there, pytest.raises(PeerError, match="does not offer C-GET") as caught:
        fetch(there, STUDY, tmp_path / "here")
    assert caught.value.remedy == "retrieve with C-MOVE"


def test_search_that_fails() -> None:
    def fail(event: evt.Event) -> Iterator[tuple[int, None]]:
        yield 0xA700, None

    with (
        peer((FIND,), [(evt.EVT_C_FIND, fail)]) as there,
        pytest.raises(PeerError, match="out of resources") as caught,
    ):
        find(there, Query(patient_id="X"))
    assert caught.value.got.startswith("0xA700")


def test_retrieval_that_says_success_and_sends_less(tmp_path: Path) -> None:
    paths = write_sequence(tmp_path / "sent", Sequence.T2)[:3]
    uids = [identity(path).sop_uid for path in paths]

    def two_of_three(event: evt.Event) -> Iterator[Any]:
        yield 2
        for path in paths[:2]:
            yield 0xFF00, pydicom.dcmread(path)

    with (
        peer((FIND, GET), [answers(uids, 3), (evt.EVT_C_GET, two_of_three)]) as there,
        pytest.raises(PeerError, match="fewer instances than it announced") as caught,
    ):
        fetch(there, STUDY, tmp_path / "here")
    assert caught.value.got == f"2; the first that is missing is {uids[2]}"


def test_port_that_is_taken(tmp_path: Path) -> None:
    with (
        socket.create_server(("", 0)) as taken,
        peer((FIND, MOVE), [answers(["1.2.3.4"], 1)]) as there,
    ):
        mover = DimsePeer(
            there.host,
            there.port,
            there.title,
            retrieval=Retrieval.MOVE,
            move_port=taken.getsockname()[1],
            timeout_s=5.0,
        )
        with pytest.raises(InputError, match="cannot be received on port"):
            fetch(mover, STUDY, tmp_path / "here")


def test_something_else_listens() -> None:
    with socket.create_server((LOOPBACK, 0)) as listener:

        def hang_up() -> None:
            connection, _ = listener.accept()
            connection.close()

        waiter = threading.Thread(target=hang_up)
        waiter.start()
        with pytest.raises(PeerError, match="broke off before"):
            verify(DimsePeer(LOOPBACK, listener.getsockname()[1], "PEER", timeout_s=3.0))
        waiter.join()


@pytest.mark.parametrize(
    "text", ["host:104", "AE@host", "AE@host:x", "@host:1", "A" * 17 + "@host:1", "AE@h:0"]
)
def test_peers_that_cannot_be_read(text: str) -> None:
    with pytest.raises(InputError):
        DimsePeer.parse(text)


def test_peer_of_a_text() -> None:
    assert DimsePeer.parse("PACS 1@[fe80::1]:104", "US") == DimsePeer("fe80::1", 104, "PACS 1", "US")
