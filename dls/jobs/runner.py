"""The thread that does jobs, one after the other, and says that it lives.

A job that was under way when the program was killed is found again: the runner of the next start takes it
over once nothing was heard of it for a while, and the work goes on where its stored results end.
"""

from __future__ import annotations

import os
import secrets
import socket
import threading
import traceback
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path

from dls.errors import DLSError
from dls.imaging.archive import ImageArchive
from dls.jobs.context import JobContext, UnwantedError
from dls.nn.worker import Worker
from dls.study import jobs
from dls.study.jobs import Job, State
from dls.study.store import Store

Work = Callable[[JobContext, Job], str]
"""Does a job and says what came of it; taken up again, it goes on with what is missing."""
POLL_SECONDS = 1.0
BEAT_SECONDS = jobs.SILENCE_SECONDS / 4


class Runner:
    """Does the jobs of one study while it is open.

    Parameters
    ----------
    store : opens the study; None while there is none
    works : kind of job -> what does it
    """

    def __init__(
        self,
        store: Callable[[], Store | None],
        home: Path,
        images: Callable[[int], ImageArchive],
        worker: Callable[[], Worker],
        works: Mapping[str, Work],
    ) -> None:
        self._store, self._home, self._images, self._worker, self._works = store, home, images, worker, works
        self.name = f"{socket.gethostname()}-{os.getpid()}-{secrets.token_hex(4)}"
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._serve, name="dls.jobs", daemon=True)

    def start(self) -> None:
        """Begin; returns at once."""
        self._thread.start()

    def close(self) -> None:
        """End; a job under way waits for the next start."""
        self._closing.set()
        if self._thread.is_alive():
            self._thread.join()

    def _serve(self) -> None:
        while not self._closing.wait(POLL_SECONDS):
            try:
                self.do_pending()
            except DLSError:  # a locked, moved or damaged store: try again
                continue
            except Exception:  # a defect: traced, and later jobs are done all the same
                traceback.print_exc()

    def do_pending(self) -> int:
        """Do every job that waits or was left behind; returns how many."""
        store = self._store()
        if store is None:
            return 0
        count = 0
        while not self._closing.is_set() and jobs.is_pending(store):
            job = jobs.claim(store, self.name)
            if job is None:
                break
            self._do(store, job)
            count += 1
        return count

    def _do(self, store: Store, job: Job) -> None:
        with _Heart(store, job.id, self.name) as heart:
            context = JobContext(
                store,
                self._home,
                self._images,
                self._worker(),
                wanted=lambda: heart.wanted and not self._closing.is_set(),
                note=heart.note,
            )
            try:
                work = self._works.get(job.kind)
                if work is None:
                    raise DLSError("This version of the program does not know such a job", got=job.kind)
                state, message = State.DONE, work(context, job)
            except UnwantedError:
                state, message = State.CANCELLED, ""
            except DLSError as error:
                state, message = State.FAILED, str(error)
            except Exception as error:  # a defect: the job fails for all to see, the runner goes on
                traceback.print_exc()
                state, message = State.FAILED, f"Defect in the program: {type(error).__name__}: {error}"
        if state is State.CANCELLED and self._closing.is_set() and heart.wanted:
            jobs.put_back(store, job.id, self.name)
        else:
            jobs.end(store, job.id, self.name, state, message)


class _Heart:
    """Says every few seconds that a job is being worked at, and learns when it is no longer wanted."""

    def __init__(self, store: Store, job: int, runner: str) -> None:
        self._store, self._job, self._runner = store, job, runner
        self.wanted = True
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._beat, name="dls.jobs.heart", daemon=True)

    def note(self, done: int, total: int, step: str) -> None:
        """Store progress."""
        if not jobs.report(self._store, self._job, self._runner, done=done, total=total, step=step):
            self.wanted = False

    def __enter__(self) -> _Heart:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _beat(self) -> None:
        quiet = 0.0
        while not self._over.wait(POLL_SECONDS):
            quiet += POLL_SECONDS
            with suppress(DLSError):  # a locked store: the next beat tells
                if quiet >= BEAT_SECONDS:
                    quiet = 0.0
                    self.wanted &= jobs.beat(self._store, self._job, self._runner)
                else:
                    self.wanted &= jobs.is_wanted(self._store, self._job, self._runner)
