"""One browser tab as the server sees it: Streamlit's own websocket and messages, without a browser."""

from __future__ import annotations

import time
from dataclasses import dataclass

from streamlit.proto.Alert_pb2 import Alert
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets import Subprotocol
from websockets.sync.client import ClientConnection, connect

LIMIT_S = 300


@dataclass(frozen=True, slots=True)
class Run:
    """One run of a page: seconds from the request to the last element, and bytes that were sent."""

    seconds: float
    sent: int


class PageSession:
    """A tab of somebody who is signed in; it stays open from page to page, as a browser's does."""

    def __init__(self, url: str, cookie: str) -> None:
        self._socket: ClientConnection = connect(
            url.replace("http", "ws", 1) + "/_stcore/stream",
            additional_headers={"Cookie": cookie},
            subprotocols=[Subprotocol("streamlit")],
            max_size=None,
            open_timeout=LIMIT_S,
        )

    def open(self, page: str, query: str = "") -> Run:
        """Run a page and wait for its last element.

        Raises
        ------
        RuntimeError
            when the page shows an error or an exception instead of its content.
        """
        request = BackMsg()
        request.rerun_script.page_name = page
        request.rerun_script.query_string = query
        began, sent = time.perf_counter(), 0
        self._socket.send(request.SerializeToString())
        while True:
            received = self._socket.recv(timeout=LIMIT_S)
            assert isinstance(received, bytes)
            sent += len(received)
            message = ForwardMsg.FromString(received)
            _refuse_errors(message, page)
            if message.WhichOneof("type") == "script_finished":
                return Run(time.perf_counter() - began, sent)

    def close(self) -> None:
        """Close the tab."""
        self._socket.close()


def _refuse_errors(message: ForwardMsg, page: str) -> None:
    if message.WhichOneof("type") == "page_not_found":
        raise RuntimeError(f"There is no page {page!r}")
    if message.WhichOneof("type") != "delta":
        return
    element = message.delta.new_element
    if element.WhichOneof("type") == "exception":
        raise RuntimeError(f"{page}: {element.exception.message}")
    if element.WhichOneof("type") == "alert" and element.alert.format == Alert.ERROR:
        raise RuntimeError(f"{page}: {element.alert.body}")
