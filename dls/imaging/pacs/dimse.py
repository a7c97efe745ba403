"""A DICOM application entity that is asked: C-ECHO, C-FIND, C-GET, C-MOVE and C-STORE.

Source: DICOM PS3.4 annexes B (storage) and C (query/retrieve, Study Root), PS3.7 9.1.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from pydicom.dataset import Dataset
from pydicom.uid import UID
from pynetdicom import AE, build_context, build_role, evt
from pynetdicom.association import Association
from pynetdicom.events import Event
from pynetdicom.transport import ThreadedAssociationServer

from dls.errors import InputError, PeerError
from dls.imaging.elements import text
from dls.imaging.pacs.associations import associate, end, unsuccessful
from dls.imaging.pacs.inbox import Inbox
from dls.imaging.pacs.peers import DimsePeer, PacsSeries, PacsStudy, Query, Retrieval
from dls.imaging.pacs.reception import Reception
from dls.imaging.pacs.stopping import Stopped, check
from dls.imaging.pacs.storage_classes import IMAGES, OBJECTS, accepted_contexts, receiving_contexts
from dls.imaging.pacs.wholeness import identity

VERIFICATION = UID("1.2.840.10008.1.1")
FIND = UID("1.2.840.10008.5.1.4.1.2.2.1")
MOVE = UID("1.2.840.10008.5.1.4.1.2.2.2")
GET = UID("1.2.840.10008.5.1.4.1.2.2.3")
_PENDING = {0xFF00, 0xFF01}
_STORED = {0x0000, 0xB000, 0xB006, 0xB007}
_BATCH = 100


class DimseConnection:
    """Requests to one peer, over an association that is kept open."""

    def __init__(self, peer: DimsePeer) -> None:
        self._peer = peer
        self._association: Association | None = None
        self._storing: tuple[Association, str, str] | None = None
        self._service: ThreadedAssociationServer | None = None
        self._reception: Reception | None = None

    def close(self) -> None:
        """Release the associations and end our storage service."""
        for association in (self._association, self._storing and self._storing[0]):
            if association is not None:
                end(association)
        if self._service is not None:
            self._service.shutdown()

    def verify(self) -> None:
        """C-ECHO."""
        status = self._asked().send_c_echo()
        if status.get("Status") != 0:
            raise unsuccessful(self._peer, "answer an echo", status)

    def find(self, query: Query) -> tuple[PacsStudy, ...]:
        """Studies that match."""
        wanted = _identifier(
            "STUDY",
            PatientID=query.patient_id,
            StudyInstanceUID=query.study_uid,
            AccessionNumber=query.accession,
            StudyDate=query.date,
            StudyDescription="",
            ModalitiesInStudy="",
            NumberOfStudyRelatedSeries=None,
            NumberOfStudyRelatedInstances=None,
        )
        return tuple(
            PacsStudy(
                study_uid=text(item, "StudyInstanceUID"),
                patient_id=text(item, "PatientID"),
                accession=text(item, "AccessionNumber"),
                date=text(item, "StudyDate"),
                description=text(item, "StudyDescription"),
                modalities=_texts(item, "ModalitiesInStudy"),
                series_count=_number(item, "NumberOfStudyRelatedSeries"),
                instance_count=_number(item, "NumberOfStudyRelatedInstances"),
            )
            for item in self._matches(wanted)
        )

    def series(self, study_uid: str) -> tuple[PacsSeries, ...]:
        """Series of a study."""
        wanted = _identifier(
            "SERIES",
            StudyInstanceUID=study_uid,
            SeriesInstanceUID="",
            SeriesNumber=None,
            Modality="",
            SeriesDescription="",
            NumberOfSeriesRelatedInstances=None,
        )
        return tuple(
            PacsSeries(
                study_uid=study_uid,
                series_uid=text(item, "SeriesInstanceUID"),
                number=_number(item, "SeriesNumber"),
                modality=text(item, "Modality"),
                description=text(item, "SeriesDescription"),
                instance_count=_number(item, "NumberOfSeriesRelatedInstances"),
            )
            for item in self._matches(wanted)
        )

    def instances(self, series: PacsSeries) -> tuple[str, ...]:
        """SOP instance UIDs of a series."""
        wanted = _identifier(
            "IMAGE",
            StudyInstanceUID=series.study_uid,
            SeriesInstanceUID=series.series_uid,
            SOPInstanceUID="",
            InstanceNumber=None,
        )
        return tuple(text(item, "SOPInstanceUID") for item in self._matches(wanted))

    def retrieve_series(self, series: PacsSeries, inbox: Inbox, stopped: Stopped) -> None:
        """Receive all instances of a series."""
        wanted = _identifier("SERIES", StudyInstanceUID=series.study_uid, SeriesInstanceUID=series.series_uid)
        self._retrieve(wanted, inbox, stopped)

    def retrieve_instances(
        self, series: PacsSeries, uids: Iterable[str], inbox: Inbox, stopped: Stopped
    ) -> None:
        """Receive some instances of a series."""
        listed = list(uids)
        for start in range(0, len(listed), _BATCH):
            wanted = _identifier(
                "IMAGE",
                StudyInstanceUID=series.study_uid,
                SeriesInstanceUID=series.series_uid,
                SOPInstanceUID=listed[start : start + _BATCH],
            )
            self._retrieve(wanted, inbox, stopped)

    def store(self, path: Path, stopped: Stopped) -> None:
        """Send one file.

        Raises
        ------
        PeerError
            when the peer does not take objects of this class or encoding, or refuses this one.
        """
        check(stopped)
        found = identity(path)
        status = self._storing_for(found.sop_class, found.transfer_syntax).send_c_store(path)
        if status.get("Status") not in _STORED:
            raise unsuccessful(self._peer, f"store {path.name}", status)

    def _matches(self, wanted: Dataset) -> list[Dataset]:
        found = []
        for status, identifier in self._asked().send_c_find(wanted, FIND):
            code = status.get("Status")
            if code in _PENDING and identifier is not None:
                found.append(identifier)
            elif code != 0:
                raise unsuccessful(self._peer, "search", status)
        return found

    def _retrieve(self, wanted: Dataset, inbox: Inbox, stopped: Stopped) -> None:
        self._reception = Reception(self._peer, inbox, stopped)
        association = self._asked()
        service = MOVE if self._peer.retrieval is Retrieval.MOVE else GET
        if all(context.abstract_syntax != service for context in association.accepted_contexts):
            name, other = ("C-MOVE", "C-GET") if service == MOVE else ("C-GET", "C-MOVE")
            raise PeerError(f"{self._peer} does not offer {name}", remedy=f"retrieve with {other}")
        if service == MOVE:
            self._serve()
            responses = association.send_c_move(wanted, self._peer.calling, MOVE)
        else:
            responses = association.send_c_get(wanted, GET)
        self._reception.run(association, responses, "send the instances")

    def _store(self, event: Event) -> int:
        assert self._reception is not None
        return self._reception.store(event)

    def _asked(self) -> Association:
        """The association for questions and retrieval, made anew where the peer has ended it."""
        if self._association is not None and not self._association.is_established:
            end(self._association)
            self._association = None
        if self._association is None:
            contexts = [build_context(one) for one in (VERIFICATION, FIND)]
            if self._peer.retrieval is Retrieval.MOVE:
                self._association = associate(self._peer, [*contexts, build_context(MOVE)])
            else:
                contexts += [build_context(GET), *receiving_contexts()]
                roles = [build_role(one, scp_role=True) for one in (*IMAGES, *OBJECTS)]
                handlers = [(evt.EVT_C_STORE, self._store)]
                self._association = associate(self._peer, contexts, roles, handlers)
        return self._association

    def _storing_for(self, sop_class: str, transfer_syntax: str) -> Association:
        """The association for storing objects of a class and encoding."""
        if self._storing is not None:
            association, *what = self._storing
            if association.is_established and what == [sop_class, transfer_syntax]:
                return association
            end(association)
        association = associate(self._peer, [build_context(sop_class, transfer_syntax)])
        self._storing = association, sop_class, transfer_syntax
        return association

    def _serve(self) -> None:
        """Start our own storage service, to which a peer stores after C-MOVE."""
        if self._service is not None:
            return
        peer = self._peer
        entity = AE(ae_title=peer.calling)
        entity.require_called_aet = True
        entity.acse_timeout = entity.dimse_timeout = entity.network_timeout = peer.timeout_s
        entity.supported_contexts = accepted_contexts()
        try:
            self._service = entity.start_server(
                ("", peer.move_port), block=False, evt_handlers=[(evt.EVT_C_STORE, self._store)]
            )
        except OSError as error:
            raise InputError(
                f"Instances cannot be received on port {peer.move_port}",
                expected="a free port",
                got=error.strerror or str(error),
                remedy="choose another port, and tell the peer's administrator",
            ) from error


def _identifier(level: str, **keys: str | list[str] | None) -> Dataset:
    """Query keys; an empty one asks for the value."""
    wanted = Dataset()
    wanted.QueryRetrieveLevel = level
    for keyword, value in keys.items():
        setattr(wanted, keyword, value)
    if any(isinstance(value, str) and not value.isascii() for value in keys.values()):
        wanted.SpecificCharacterSet = "ISO_IR 192"
    return wanted


def _texts(item: Dataset, keyword: str) -> tuple[str, ...]:
    value = item.get(keyword)
    if not value:
        return ()
    return (value,) if isinstance(value, str) else tuple(str(v) for v in value)


def _number(item: Dataset, keyword: str) -> int | None:
    digits = text(item, keyword)
    return int(digits) if digits.isdigit() else None
