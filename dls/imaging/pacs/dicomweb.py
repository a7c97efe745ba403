"""A DICOMweb server: search (QIDO-RS), retrieve (WADO-RS) and store (STOW-RS).

Addresses are built from the server's root and UIDs; Retrieve URL (0008,1190) is not used, since proxies and
servers get it wrong.  Source: DICOM PS3.18 10.4 to 10.6, F.2 (DICOM JSON).
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from dls.errors import PeerError
from dls.imaging.pacs.inbox import Inbox
from dls.imaging.pacs.multipart import MultipartFiles
from dls.imaging.pacs.peers import DicomWebServer, PacsSeries, PacsStudy, Query
from dls.imaging.pacs.stopping import Stopped, check
from dls.imaging.pacs.web_root import CHUNK, WebRoot, whole
from dls.imaging.pacs.wholeness import identity

_JSON = "application/dicom+json"
_AS_STORED = 'multipart/related; type="application/dicom"; transfer-syntax=*'
_PAGE = 200
_STUDY_FIELDS = ("00080061", "00081030", "00201206", "00201208")
_SERIES_FIELDS = ("0008103E", "00201209")


class DicomWebConnection:
    """Requests to one server over a connection that is kept open."""

    def __init__(self, server: DicomWebServer) -> None:
        self._server = server
        self._web = WebRoot(server)

    def close(self) -> None:
        """Close the connection."""
        self._web.close()

    def verify(self) -> None:
        """Check that the services answer, by a search that finds nothing."""
        self._list("studies", {"StudyInstanceUID": "0.0"}, ())

    def find(self, query: Query) -> tuple[PacsStudy, ...]:
        """Studies that match."""
        match = {
            "PatientID": query.patient_id,
            "StudyInstanceUID": query.study_uid,
            "AccessionNumber": query.accession,
            "StudyDate": query.date,
        }
        return tuple(
            PacsStudy(
                study_uid=_text(item, "0020000D"),
                patient_id=_text(item, "00100020"),
                accession=_text(item, "00080050"),
                date=_text(item, "00080020"),
                description=_text(item, "00081030"),
                modalities=tuple(str(v) for v in _values(item, "00080061")),
                series_count=_number(item, "00201206"),
                instance_count=_number(item, "00201208"),
            )
            for item in self._list("studies", {k: v for k, v in match.items() if v}, _STUDY_FIELDS)
        )

    def series(self, study_uid: str) -> tuple[PacsSeries, ...]:
        """Series of a study."""
        return tuple(
            PacsSeries(
                study_uid=study_uid,
                series_uid=_text(item, "0020000E"),
                number=_number(item, "00200011"),
                modality=_text(item, "00080060"),
                description=_text(item, "0008103E"),
                instance_count=_number(item, "00201209"),
            )
            for item in self._list(f"studies/{study_uid}/series", {}, _SERIES_FIELDS)
        )

    def instances(self, series: PacsSeries) -> tuple[str, ...]:
        """SOP instance UIDs of a series."""
        path = f"studies/{series.study_uid}/series/{series.series_uid}/instances"
        return tuple(_text(item, "00080018") for item in self._list(path, {}, ()))

    def retrieve_series(self, series: PacsSeries, inbox: Inbox, stopped: Stopped) -> None:
        """Receive all instances of a series in one answer."""
        self._receive(f"studies/{series.study_uid}/series/{series.series_uid}", inbox, stopped)

    def retrieve_instances(
        self, series: PacsSeries, uids: Iterable[str], inbox: Inbox, stopped: Stopped
    ) -> None:
        """Receive some instances of a series, one answer each."""
        root = f"studies/{series.study_uid}/series/{series.series_uid}/instances"
        for uid in uids:
            self._receive(f"{root}/{uid}", inbox, stopped)

    def store(self, path: Path, stopped: Stopped) -> None:
        """Send one file; the server must name it as stored.

        Raises
        ------
        PeerError
            when the server refuses it or does not say that it has it.
        """
        found = identity(path)
        boundary = secrets.token_hex(16)
        head = f"--{boundary}\r\nContent-Type: application/dicom\r\n\r\n".encode()
        tail = f"\r\n--{boundary}--\r\n".encode()
        headers = {
            "Accept": _JSON,
            "Content-Type": f'multipart/related; type="application/dicom"; boundary={boundary}',
            "Content-Length": str(len(head) + path.stat().st_size + len(tail)),
        }
        body = _body(head, path, tail, stopped)
        status, content = self._web.post("studies", headers, body)
        reply = (_json(content) or [{}])[0]
        failed = [_number(item, "00081197") for item in _values(reply, "00081198")]
        kept = [_text(item, "00081155") for item in _values(reply, "00081199")]
        if failed or found.sop_uid not in kept:
            reason = failed[0] if failed and failed[0] is not None else None
            raise PeerError(
                f"{self._server} did not store {path.name}",
                expected=f"instance {found.sop_uid} named as stored",
                got=f"HTTP status {status}" + ("" if reason is None else f", reason 0x{reason:04X}"),
                remedy="ask the server's administrator which objects it takes",
            )

    def _list(self, path: str, match: Mapping[str, str], fields: tuple[str, ...]) -> list[dict[str, Any]]:
        """All items of a search; pages are asked for until one brings nothing new, as servers cap them."""
        found: dict[str, dict[str, Any]] = {}
        while True:
            query = [*match.items(), *(("includefield", f) for f in fields)]
            query += [("limit", str(_PAGE)), ("offset", str(len(found)))]
            with self._web.get(path, _JSON, query) as answer:
                page = [] if answer.status == 204 else _json(whole(answer))
            before = len(found)
            found |= {json.dumps(item, sort_keys=True): item for item in page}
            if len(found) == before:
                return list(found.values())

    def _receive(self, path: str, inbox: Inbox, stopped: Stopped) -> None:
        with self._web.get(path, _AS_STORED) as answer:
            files = MultipartFiles(answer.headers.get("Content-Type", ""), inbox.begin)
            for chunk in answer.stream(CHUNK):
                files.write(chunk)
                check(stopped)
            files.close()


def _body(head: bytes, path: Path, tail: bytes, stopped: Stopped) -> Iterator[bytes]:
    yield head
    with path.open("rb") as stream:
        while piece := stream.read(CHUNK):
            check(stopped)
            yield piece
    yield tail


def _json(content: bytes) -> list[dict[str, Any]]:
    """Items of a DICOM JSON answer (PS3.18 F.2)."""
    try:
        found = json.loads(content)
    except ValueError as error:
        raise PeerError(
            "The server answered with something else than a list",
            expected=_JSON,
            got=repr(content[:80]),
            remedy="check the address: it must be the root of the DICOMweb services",
        ) from error
    items = [found] if isinstance(found, dict) else found
    if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
        raise PeerError("The server's list has another form", expected="DICOM JSON", got=repr(content[:80]))
    return items


def _values(item: Mapping[str, Any], tag: str) -> list[Any]:
    element = item.get(tag)
    values = element.get("Value") if isinstance(element, dict) else None
    return values if isinstance(values, list) else []


def _text(item: Mapping[str, Any], tag: str) -> str:
    values = _values(item, tag)
    return "" if not values or values[0] is None else str(values[0])


def _number(item: Mapping[str, Any], tag: str) -> int | None:
    text = _text(item, tag)
    return int(text) if text.isdigit() else None
