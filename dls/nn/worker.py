"""One child process that holds TensorFlow, so that the web process never does.

A plain child and a pair of connected sockets are used instead of `ProcessPoolExecutor`: a process spawned by
`multiprocessing` first runs the parent's `__main__` again, and under Streamlit that is the page on show.

    worker = Worker()
    future = worker.submit(case_saliency, folder, archive, saliency, 17)     # any function of dls.nn
    future.done(), future.result()
"""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
import threading
import traceback
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, TypeVar

from dls.errors import DLSError
from dls.progress import Progress

PROJECT = Path(__file__).parents[2]
HOMES = ("dls.nn.", "dls.embedding.")
Result = TypeVar("Result")


@dataclass(slots=True)
class _Job:
    function: Callable[..., Any]
    args: tuple[Any, ...]
    kwargs: dict[str, Any]
    progress: Progress | None
    future: Future[Any] = field(default_factory=Future)


class Worker:
    """Runs functions of `dls.nn` in one child process, one after the other, in the order they were submitted.

    The child starts with the first job, is started anew should it end, and ends with its parent.  Jobs that
    have not begun can be cancelled through their future.
    """

    def __init__(self) -> None:
        self._jobs: deque[_Job] = deque()
        self._current: _Job | None = None
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None
        self._child: subprocess.Popen[bytes] | None = None
        self._connection: Connection | None = None
        self._closed = False

    def submit(
        self, function: Callable[..., Result], *args: Any, progress: Progress | None = None, **kwargs: Any
    ) -> Future[Result]:
        """Queue a call; returns at once.

        Parameters
        ----------
        function : a public function of `dls.nn` or `dls.embedding`; arguments and result must be picklable
        progress : called with (done, total, what) in a background thread; handed to the function when given

        Raises
        ------
        DLSError
            in the future, when the function raised one, or when the child ended before it answered.
        ValueError
            when the function is not one of those, or the worker is closed.
        """
        name = f"{function.__module__}.{function.__qualname__}"
        if not name.startswith(HOMES):
            raise ValueError(f"{name} is no function of {' or '.join(HOMES)}*")
        job = _Job(function, args, kwargs, progress)
        with self._changed:
            if self._closed:
                raise ValueError("The worker is closed")
            self._jobs.append(job)
            if self._thread is None:
                self._thread = threading.Thread(target=self._serve, name="dls.nn.worker", daemon=True)
                self._thread.start()
            self._changed.notify()
        return job.future

    @property
    def waiting(self) -> int:
        """Jobs that have not begun."""
        return len(self._jobs)

    def interrupt(self, future: Future[Any]) -> None:
        """Cancel a call; one under way fails, because its process is ended, and the next one gets another."""
        if future.cancel():
            return
        with self._changed:
            running = self._current is not None and self._current.future is future and not future.done()
            if running and self._child is not None:
                self._child.kill()

    def close(self) -> None:
        """Cancel what waits and end the child; a job under way fails."""
        with self._changed:
            self._closed = True
            while self._jobs:
                self._jobs.popleft().future.cancel()
            if self._child is not None:
                self._child.terminate()
            self._changed.notify()
        if self._thread is not None:
            self._thread.join()

    def _serve(self) -> None:
        while (job := self._next()) is not None:
            if job.future.set_running_or_notify_cancel():
                with self._changed:
                    self._current = job
                self._answer(job)
                with self._changed:
                    self._current = None
        self._forget_child()

    def _next(self) -> _Job | None:
        with self._changed:
            self._changed.wait_for(lambda: self._jobs or self._closed)
            return None if self._closed else self._jobs.popleft()

    def _answer(self, job: _Job) -> None:
        try:
            connection = self._running()
            connection.send((job.function, job.args, job.kwargs, job.progress is not None))
            while (message := connection.recv())[0] == "progress":
                if job.progress is not None:
                    job.progress(*message[1])
        except (EOFError, ConnectionError):
            status = self._forget_child()
            job.future.set_exception(
                DLSError(
                    "The process that holds the models ended before it answered",
                    got=f"exit status {status}",
                    remedy="try again; if it happens again, look at the server's log and at the free memory",
                )
            )
        except Exception as error:  # arguments that cannot be sent, or a progress callback that failed
            self._forget_child()
            job.future.set_exception(error)
        else:
            kind, value = message
            if kind == "result":
                job.future.set_result(value)
            else:
                job.future.set_exception(value)

    def _running(self) -> Connection:
        with self._changed:
            if self._closed:
                raise EOFError
            if self._connection is None:
                ours, theirs = socket.socketpair()
                with theirs:
                    self._child = subprocess.Popen(
                        [sys.executable, "-m", "dls.nn.worker", str(theirs.fileno())],
                        pass_fds=[theirs.fileno()],
                        stdin=subprocess.DEVNULL,
                        cwd=PROJECT,
                    )
                self._connection = Connection(ours.detach())
            return self._connection

    def _forget_child(self) -> int | None:
        """Close the connection, which ends the child, and wait for it."""
        with self._changed:
            child, connection = self._child, self._connection
            self._child = self._connection = None
        if connection is not None:
            connection.close()
        if child is None:
            return None
        try:
            return child.wait(timeout=5)
        except subprocess.TimeoutExpired:
            child.kill()
            return child.wait()


def _serve_parent(connection: Connection) -> None:
    """The child's loop: answer jobs until the parent closes the connection or ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    while True:
        try:
            function, args, kwargs, with_progress = connection.recv()
        except EOFError:
            return
        if with_progress:
            kwargs["progress"] = lambda *step: connection.send(("progress", step))
        try:
            answer = ("result", function(*args, **kwargs))
        except Exception as error:
            answer = ("error", _portable(error))
        connection.send(answer)


def _portable(error: Exception) -> Exception:
    """The error itself where it is made for users; a defect with the child's traceback in its text."""
    if isinstance(error, DLSError):
        return error
    return RuntimeError("".join(traceback.format_exception(error)))


if __name__ == "__main__":
    _serve_parent(Connection(int(sys.argv[1])))
