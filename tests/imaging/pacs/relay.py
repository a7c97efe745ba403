"""A relay for TCP and Unix sockets that can be told to be slow, to cut short, or to hang up."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from dataclasses import dataclass
from pathlib import Path

Address = tuple[str, int] | Path
LOOPBACK = "127.0.0.1"


@dataclass(slots=True)
class Behaviour:
    """How answers come through.

    Parameters
    ----------
    bytes_per_s : at most; None for no limit
    cut_after : bytes of answers, over all connections, after which the connections end; None for never
    silent_after : likewise, after which nothing more comes
    """

    bytes_per_s: float | None = None
    cut_after: int | None = None
    silent_after: int | None = None


class Relay:
    """Listens and passes everything on, both ways, until closed."""

    def __init__(self, listen: Address, target: Address) -> None:
        self.behaviour = Behaviour()
        self.passed = 0
        self._target = target
        self._listener = _listener(listen)
        self._open: set[socket.socket] = set()
        self._closed = False
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def port(self) -> int:
        """Where it listens."""
        port: int = self._listener.getsockname()[1]
        return port

    def behave(self, behaviour: Behaviour) -> None:
        """Behave like this from now on; counts from here."""
        self.hang_up()
        self.behaviour, self.passed = behaviour, 0

    def hang_up(self) -> None:
        """End all connections."""
        for one in list(self._open):
            self._end(one)

    def close(self) -> None:
        """End all connections and the listening."""
        self._closed = True
        _shut(self._listener)
        self.hang_up()

    def _accept(self) -> None:
        while not self._closed:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            try:
                server = _connected(self._target)
            except OSError:
                client.close()
                continue
            for one in (client, server):
                if one.family != socket.AF_UNIX:
                    one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._open |= {client, server}
            threading.Thread(target=self._pass, args=(client, server, False), daemon=True).start()
            threading.Thread(target=self._pass, args=(server, client, True), daemon=True).start()

    def _pass(self, source: socket.socket, sink: socket.socket, answers: bool) -> None:
        try:
            while data := source.recv(4096 if self.behaviour.bytes_per_s else 65536):
                if answers and not self._admit(data, sink):
                    break
                if not answers:
                    sink.sendall(data)
        except OSError:
            pass  # the other side has ended the connection
        finally:
            self._end(source)
            self._end(sink)

    def _admit(self, data: bytes, sink: socket.socket) -> bool:
        """Pass a piece of an answer on; False when the connection must end."""
        behaviour = self.behaviour
        if behaviour.bytes_per_s is not None:
            time.sleep(len(data) / behaviour.bytes_per_s)
        if behaviour.cut_after is not None:
            data = data[: max(0, behaviour.cut_after - self.passed)]
        if behaviour.silent_after is not None and self.passed >= behaviour.silent_after:
            return True
        self.passed += len(data)
        sink.sendall(data)
        return behaviour.cut_after is None or self.passed < behaviour.cut_after

    def _end(self, one: socket.socket) -> None:
        self._open.discard(one)
        _shut(one)


def free_port() -> int:
    with socket.socket() as free:
        free.bind((LOOPBACK, 0))
        port: int = free.getsockname()[1]
        return port


def _listener(address: Address) -> socket.socket:
    if isinstance(address, Path):
        listener = socket.socket(socket.AF_UNIX)
        listener.bind(str(address))
    else:
        listener = socket.socket()
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
    listener.listen(64)
    return listener


def _connected(address: Address) -> socket.socket:
    if isinstance(address, Path):
        connection = socket.socket(socket.AF_UNIX)
        try:
            connection.connect(str(address))
        except OSError:
            connection.close()
            raise
        return connection
    return socket.create_connection(address, timeout=None)


def _shut(one: socket.socket) -> None:
    with contextlib.suppress(OSError):  # it may have ended already
        one.shutdown(socket.SHUT_RDWR)
    one.close()
