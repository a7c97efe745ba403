"""Associations with a DICOM application entity, and what its refusals mean.

Source: DICOM PS3.8 9.3.4 (A-ASSOCIATE-RJ), PS3.7 annex C (status).
"""

from __future__ import annotations

import socket
import ssl
from collections.abc import Sequence
from typing import Any

from pydicom.dataset import Dataset
from pydicom.uid import UID
from pynetdicom import AE, _config, evt
from pynetdicom.association import Association
from pynetdicom.events import Event
from pynetdicom.pdu_primitives import SCP_SCU_RoleSelectionNegotiation
from pynetdicom.presentation import PresentationContext
from pynetdicom.transport import AssociationSocket

from dls.errors import InputError, PeerError
from dls.imaging.pacs.peers import DimsePeer

_config.LOG_REQUEST_IDENTIFIERS = False
_config.LOG_RESPONSE_IDENTIFIERS = False
_config.STORE_SEND_CHUNKED_DATASET = True

_STATUS = {
    0xA700: "it is out of resources",
    0xA701: "it cannot count the matches",
    0xA702: "it could not send the instances",
    0xA801: "it does not know our AE title as a destination",
    0xA900: "the request does not fit the model",
    0x0122: "it does not offer this service",
    0x0124: "it does not allow this",
    0xFE00: "it cancelled the request",
}


class _Entity(AE):
    """Closes its sockets for certain; pynetdicom 3.0.4 leaves one open that the peer has reset."""

    def __init__(self, ae_title: str) -> None:
        super().__init__(ae_title)
        self._sockets: list[socket.socket | None] = []

    def _create_socket(self, *args: Any) -> AssociationSocket:
        made = super()._create_socket(*args)
        self._sockets.append(made.socket)
        return made

    def close_sockets(self) -> None:
        for one in self._sockets:
            if one is not None:
                one.close()


def associate(
    peer: DimsePeer,
    contexts: Sequence[PresentationContext],
    roles: Sequence[SCP_SCU_RoleSelectionNegotiation] = (),
    handlers: Sequence[Any] = (),
) -> Association:
    """An association, to be released by the caller.

    Raises
    ------
    PeerError
        when nobody answers, the peer refuses, or it accepts none of the contexts.
    """
    entity = _Entity(ae_title=peer.calling)
    entity.connection_timeout = min(10.0, peer.timeout_s)
    entity.acse_timeout = entity.dimse_timeout = entity.network_timeout = peer.timeout_s
    connected: list[Event] = []

    def opened(event: Event) -> None:
        connected.append(event)
        _send_at_once(event)

    association = entity.associate(
        peer.host,
        peer.port,
        list(contexts),
        ae_title=peer.title,
        ext_neg=list(roles) or None,
        evt_handlers=[(evt.EVT_CONN_OPEN, opened), *handlers],
        tls_args=_tls(peer),
    )
    if not association.is_established:
        entity.close_sockets()
        raise _no_association(peer, association, bool(connected))
    _keep_answers(association)
    return association


def end(association: Association) -> None:
    """Release an association, where it still is one, and close its connection."""
    if association.is_established:
        association.release()
    assert isinstance(association.ae, _Entity)
    association.ae.close_sockets()


def unsuccessful(peer: DimsePeer, what: str, status: Dataset) -> PeerError:
    """The error for a final status that is no success; an empty one stands for no answer."""
    code = status.get("Status")
    if code is None:
        return PeerError(
            f"{peer} broke off while it was asked to {what}",
            expected=f"an answer within {peer.timeout_s:g} s",
            got="silence or the end of the connection",
            remedy="try again: what arrived whole is kept",
        )
    failed = status.get("NumberOfFailedSuboperations")
    comment = str(status.get("ErrorComment", "") or "")
    meaning = _STATUS.get(int(code), comment or "it failed")
    return PeerError(
        f"{peer} did not {what}: {meaning}",
        expected="status 0x0000",
        got=f"0x{int(code):04X}"
        + (f", {failed} instances failed" if failed else "")
        + (f" ({comment})" if comment and comment != meaning else ""),
        remedy="try again: what arrived whole is kept; else ask the peer's administrator",
    )


def _keep_answers(association: Association) -> None:
    """Let nobody take the peer's answers but who has asked.

    The thread that pynetdicom 3.0.4 gives an association looks whether it is to pause and takes a message in
    two steps, so that on a busy machine it took the first answer to a request away: a search then listed an
    instance, a series or a study too few.  On an association on which we only ask it has nothing to take.
    """
    take = association.dimse.get_msg

    def answer(block: bool = False) -> Any:
        return take(block=True) if block else (None, None)

    association.dimse.get_msg = answer  # type: ignore[method-assign]


def _no_association(peer: DimsePeer, association: Association, connected: bool) -> PeerError:
    if association.is_rejected:
        answer: Any = association.acceptor.primitive
        return PeerError(
            f"{peer} refused the association",
            expected="an association accepted",
            got=f"{answer.reason_str} ({answer.result_str.lower()})",
            remedy=f"check its AE title {peer.title} and that it knows ours, {peer.calling}",
        )
    if not connected:
        return PeerError(
            f"Nobody answers at {peer.host}:{peer.port}", remedy="check host, port, network and TLS"
        )
    if association.acceptor.primitive is not None and not association.accepted_contexts:
        return PeerError(
            f"{peer} offers none of the services asked for",
            expected=", ".join(
                sorted({UID(c.abstract_syntax or "").name for c in association.rejected_contexts})
            ),
            remedy="ask its administrator to allow them for us",
        )
    return PeerError(
        f"{peer} broke off before there was an association",
        expected=f"a DICOM peer that answers within {peer.timeout_s:g} s",
        remedy="check that this port speaks DICOM, with or without TLS as configured",
    )


def _send_at_once(event: Event) -> None:
    """Switch Nagle's algorithm off: a command and its data set are two packets, of which one would wait."""
    transport = event.assoc.dul.socket
    if transport is not None and transport.socket is not None:
        transport.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


def _tls(peer: DimsePeer) -> tuple[ssl.SSLContext, str] | None:
    if peer.tls_ca_file is None:
        return None
    try:
        return ssl.create_default_context(cafile=str(peer.tls_ca_file)), peer.host
    except (OSError, ssl.SSLError) as error:
        raise InputError(
            "The certificates to trust cannot be read", got=f"{peer.tls_ca_file}: {error}"
        ) from error
