"""Who is asked, for what, and what is found there.

Source: DICOM PS3.4 C.3.4 (Study Root query model), PS3.18 10.6 (search transaction).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from dls.errors import InputError

PATIENCE_S = 30.0
"""Seconds that a server may be silent before it counts as gone."""

_UID = re.compile(r"[0-9]+(\.[0-9]+)*")
_AE_TITLE = re.compile(r"[ -\[\]-~]{1,16}")
_DATES = re.compile(r"(\d{8})?-?(\d{8})?")


class Retrieval(StrEnum):
    """How a DIMSE peer hands over: on the association we opened, or on one that it opens to us."""

    GET = "get"
    MOVE = "move"


@dataclass(frozen=True, slots=True)
class DicomWebServer:
    """A DICOMweb server (PS3.18).

    Parameters
    ----------
    url : root of its services, such as https://pacs.example/dicom-web
    user, password : for HTTP basic authentication, both empty for none; never printed
    token : bearer token instead of user and password; never printed
    ca_file : certificates to trust instead of the common ones, for https
    timeout_s : seconds of silence that count as gone
    """

    url: str
    user: str = ""
    password: str = field(default="", repr=False)
    token: str = field(default="", repr=False)
    ca_file: Path | None = None
    timeout_s: float = PATIENCE_S

    def __post_init__(self) -> None:
        if not re.fullmatch(r"https?://[^\s/@?#]+(/[^\s?#]*)?", self.url):
            raise InputError(
                "The address of the DICOMweb server cannot be used",
                expected="https://HOST[:PORT]/PATH without user, password or query",
                got=repr(re.sub(r"//[^/]*@", "//...@", self.url)),
            )

    def __str__(self) -> str:
        return self.url


@dataclass(frozen=True, slots=True)
class DimsePeer:
    """A DICOM application entity reached over TCP (PS3.8).

    Parameters
    ----------
    title : its AE title
    calling : the AE title by which it knows us
    retrieval : C-GET, or C-MOVE to our own storage service
    move_port : port on which we receive for C-MOVE; the peer must know `calling` at this machine and port
    tls_ca_file : certificates to trust; given, the connection is made with TLS
    timeout_s : seconds of silence that count as gone
    """

    host: str
    port: int
    title: str
    calling: str = "DLS"
    retrieval: Retrieval = Retrieval.GET
    move_port: int = 11113
    tls_ca_file: Path | None = None
    timeout_s: float = PATIENCE_S

    def __post_init__(self) -> None:
        for title in (self.title, self.calling):
            if not _AE_TITLE.fullmatch(title) or not title.strip():
                raise InputError("Not an AE title", expected="1 to 16 printable characters", got=repr(title))
        for port in (self.port, self.move_port):
            if not 0 < port < 65536:
                raise InputError("Not a port", expected="1 to 65535", got=str(port))

    @classmethod
    def parse(cls, text: str, calling: str = "DLS") -> DimsePeer:
        """Peer from `AE@HOST:PORT`.

        Raises
        ------
        InputError
            when the text has another form.
        """
        found = re.fullmatch(r"([^@]+)@(\[[0-9A-Fa-f:]+\]|[^:@\s]+):(\d{1,5})", text)
        if found is None:
            raise InputError("The DIMSE peer cannot be read", expected="AE@HOST:PORT", got=repr(text))
        return cls(found[2].strip("[]"), int(found[3]), found[1], calling)

    def __str__(self) -> str:
        return f"{self.title}@{self.host}:{self.port}"


Peer = DicomWebServer | DimsePeer


@dataclass(frozen=True, slots=True)
class Query:
    """What a study must match; empty fields match all.

    Parameters
    ----------
    patient_id, accession : `*` and `?` stand for any characters and any one, where the server does so
    study_uid : Study Instance UID
    date : YYYYMMDD, or a range YYYYMMDD-YYYYMMDD with either end open
    """

    patient_id: str = ""
    study_uid: str = ""
    accession: str = ""
    date: str = ""

    def __post_init__(self) -> None:
        if not any((self.patient_id, self.study_uid, self.accession, self.date)):
            raise InputError(
                "A search needs something to search for",
                expected="patient, study UID, accession number or date",
                got="nothing",
                remedy="give at least one of them",
            )
        if self.study_uid:
            checked_uid(self.study_uid, "study")
        if self.date and (not _DATES.fullmatch(self.date) or len(self.date) < 8):
            raise InputError("Not a date", expected="YYYYMMDD or YYYYMMDD-YYYYMMDD", got=repr(self.date))


@dataclass(frozen=True, slots=True)
class PacsStudy:
    """A study as a server lists it; identifying, not to be shown to readers.

    `series_count` and `instance_count` are None where the server does not count.
    """

    study_uid: str
    patient_id: str
    accession: str
    date: str
    description: str
    modalities: tuple[str, ...]
    series_count: int | None
    instance_count: int | None


@dataclass(frozen=True, slots=True)
class PacsSeries:
    """A series as a server lists it; `instance_count` is None where the server does not count."""

    study_uid: str
    series_uid: str
    number: int | None
    modality: str
    description: str
    instance_count: int | None


def checked_uid(uid: str, what: str) -> str:
    """The UID, when it has the form of one (PS3.5 9.1) and so is safe as a file name and in an address.

    Raises
    ------
    InputError
        otherwise.
    """
    if len(uid) > 64 or not _UID.fullmatch(uid):
        raise InputError(
            f"Not the UID of a {what}", expected="numbers and dots, at most 64", got=repr(uid[:80])
        )
    return uid
