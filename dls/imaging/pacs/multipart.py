"""The body of a multipart/related answer, cut into instances as it streams in.

Source: RFC 2387 (multipart/related), RFC 2046 5.1.1; DICOM PS3.18 8.6.1.2.
"""

from __future__ import annotations

from collections.abc import Callable
from email.message import Message

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser

from dls.errors import PeerError
from dls.imaging.pacs.inbox import Arrival


class MultipartFiles:
    """Feeds every part of a body to an arrival of its own.

    Parameters
    ----------
    content_type : of the answer; names the boundary
    begin : starts the arrival of one part

    Raises
    ------
    PeerError
        when the content type is not multipart/related with a boundary.
    """

    def __init__(self, content_type: str, begin: Callable[[], Arrival]) -> None:
        self._begin_file = begin
        self._arrival: Arrival | None = None
        self._size = 0
        self._complete = False
        self._parser = MultipartParser(
            _boundary(content_type),
            {
                "on_part_begin": self._begin,
                "on_part_data": self._data,
                "on_part_end": self._end,
                "on_end": self._finished,
            },
        )

    def write(self, chunk: bytes) -> None:
        """Take the next bytes of the body.

        Raises
        ------
        PeerError
            when they are no multipart body.
        PeerError, InputError
            when a part is too large or refused, see `inbox`.
        """
        try:
            self._parser.write(chunk)
        except FormParserError as error:
            raise PeerError(
                "The server's answer cannot be taken apart",
                expected="a multipart/related body",
                got=str(error),
            ) from error

    def close(self) -> None:
        """End the body; an unfinished part is dropped.

        Raises
        ------
        PeerError
            when the closing boundary did not come.
        """
        if not self._complete:
            raise PeerError(
                "The server's answer is cut short",
                expected="a closing boundary at its end",
                got=f"the end of the connection after {self._size} bytes of an instance",
                remedy="fetch again: what arrived whole is kept, the rest is asked for",
            )

    def _begin(self) -> None:
        self._arrival, self._size = self._begin_file(), 0

    def _data(self, data: bytes, start: int, end: int) -> None:
        self._size += end - start
        assert self._arrival is not None
        self._arrival.write(memoryview(data)[start:end])

    def _end(self) -> None:
        arrival, self._arrival = self._arrival, None
        assert arrival is not None
        arrival.finish()

    def _finished(self) -> None:
        self._complete = True


def _boundary(content_type: str) -> str:
    message = Message()
    message["Content-Type"] = content_type
    boundary = message.get_boundary()
    if message.get_content_type() != "multipart/related" or not boundary:
        raise PeerError(
            "The server answered with something else than DICOM files",
            expected='multipart/related; type="application/dicom"',
            got=content_type or "no content type",
            remedy="check the address: it must be the root of the DICOMweb services",
        )
    return boundary
