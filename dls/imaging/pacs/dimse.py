"""A DICOM application entity that is asked: C-ECHO, C-FIND, C-GET, C-MOVE and C-STORE.

Source: DICOM PS3.4 annexes B (storage) and C (query/retrieve, Study Root), PS3.7 9.1.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from pydicom.dataset import Dataset
from pydicom.uid import UID
from pynetdicom import AE, build_context, build_role, evt

from dls.errors import InputError
from dls.imaging.pacs.associations import associated, not_offered, unsuccessful
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
    """Requests to one peer, an association each."""

    def __init__(self, peer: DimsePeer) -> None:
        self._peer = peer

    def close(self) -> None:
        """Nothing stays open between requests."""

    def verify(self) -> None:
        """C-ECHO."""
        with associated(self._peer, [build_context(VERIFICATION)]) as association:
            status = association.send_c_echo()
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
                study_uid=_text(item, "StudyInstanceUID"),
                patient_id=_text(item, "PatientID"),
                accession=_text(item, "AccessionNumber"),
                date=_text(item, "StudyDate"),
                description=_text(item, "StudyDescription"),
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
                series_uid=_text(item, "SeriesInstanceUID"),
                number=_number(item, "SeriesNumber"),
                modality=_text(item, "Modality"),
                description=_text(item, "SeriesDescription"),
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
        return tuple(_text(item, "SOPInstanceUID") for item in self._matches(wanted))

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
        context = build_context(found.sop_class, found.transfer_syntax)
        with associated(self._peer, [context]) as association:
            status = association.send_c_store(path)
        if status.get("Status") not in _STORED:
            raise unsuccessful(self._peer, f"store {path.name}", status)

    def _matches(self, wanted: Dataset) -> list[Dataset]:
        found = []
        with associated(self._peer, [build_context(FIND)]) as association:
            for status, identifier in association.send_c_find(wanted, FIND):
                code = status.get("Status")
                if code in _PENDING and identifier is not None:
                    found.append(identifier)
                elif code != 0:
                    raise unsuccessful(self._peer, "search", status)
        return found

    def _retrieve(self, wanted: Dataset, inbox: Inbox, stopped: Stopped) -> None:
        reception = Reception(self._peer, inbox, stopped)
        if self._peer.retrieval is Retrieval.MOVE:
            self._move(wanted, reception)
        else:
            self._get(wanted, reception)

    def _get(self, wanted: Dataset, reception: Reception) -> None:
        contexts = [build_context(GET), *receiving_contexts()]
        roles = [build_role(one, scp_role=True) for one in (*IMAGES, *OBJECTS)]
        with associated(self._peer, contexts, roles, [(evt.EVT_C_STORE, reception.store)]) as association:
            if all(context.abstract_syntax != GET for context in association.accepted_contexts):
                raise not_offered(self._peer, "C-GET", "retrieve with C-MOVE")
            reception.run(association, association.send_c_get(wanted, GET), "send the instances")

    def _move(self, wanted: Dataset, reception: Reception) -> None:
        with (
            _storage_service(self._peer, reception),
            associated(self._peer, [build_context(MOVE)]) as association,
        ):
            responses = association.send_c_move(wanted, self._peer.calling, MOVE)
            reception.run(association, responses, "send the instances")


@contextmanager
def _storage_service(peer: DimsePeer, reception: Reception) -> Iterator[None]:
    """Our own storage service, for as long as a C-MOVE runs."""
    entity = AE(ae_title=peer.calling)
    entity.require_called_aet = True
    entity.acse_timeout = entity.dimse_timeout = entity.network_timeout = peer.timeout_s
    entity.supported_contexts = accepted_contexts()
    handlers = [(evt.EVT_C_STORE, reception.store)]
    try:
        server = entity.start_server(("", peer.move_port), block=False, evt_handlers=handlers)
    except OSError as error:
        raise InputError(
            f"Instances cannot be received on port {peer.move_port}",
            expected="a free port",
            got=error.strerror or str(error),
            remedy="choose another port, and tell the peer's administrator",
        ) from error
    assert server is not None
    try:
        yield
    finally:
        server.shutdown()


def _identifier(level: str, **keys: str | list[str] | None) -> Dataset:
    """Query keys; an empty one asks for the value."""
    wanted = Dataset()
    wanted.QueryRetrieveLevel = level
    for keyword, value in keys.items():
        setattr(wanted, keyword, value)
    if any(isinstance(value, str) and not value.isascii() for value in keys.values()):
        wanted.SpecificCharacterSet = "ISO_IR 192"
    return wanted


def _text(item: Dataset, keyword: str) -> str:
    value = item.get(keyword)
    return "" if value is None else str(value).strip()


def _texts(item: Dataset, keyword: str) -> tuple[str, ...]:
    value = item.get(keyword)
    if not value:
        return ()
    return (value,) if isinstance(value, str) else tuple(str(v) for v in value)


def _number(item: Dataset, keyword: str) -> int | None:
    text = _text(item, keyword)
    return int(text) if text.isdigit() else None
