"""What a job works with: the study, its folder, its images, and processes for the heavy part."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import Future, TimeoutError
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from dls.imaging.archive import ImageArchive
from dls.nn.feature_store import FeatureStore
from dls.nn.package import ModelPackage, load_package, package_folders
from dls.nn.registry import Registry
from dls.nn.worker import Worker
from dls.progress import Progress
from dls.study.store import Store

Result = TypeVar("Result")
_LOOK_SECONDS = 0.2
_REPORT_SECONDS = 0.5


class UnwantedError(Exception):
    """The job shall end now: it was cancelled, another process has it, or this one is ending."""


@dataclass(slots=True)
class JobContext:
    """What a job works with.

    Parameters
    ----------
    store, home : the study and its folder
    images : makes sure that a case's images are in the archive, and returns it; blocks
    worker : the process that holds the networks, shared with whoever else needs it
    wanted : whether the job is still to go on
    note : stores how far it is
    """

    store: Store
    home: Path
    images: Callable[[int], ImageArchive]
    worker: Worker
    wanted: Callable[[], bool]
    note: Progress
    _noted: float = field(default=float("-inf"))

    @property
    def features(self) -> FeatureStore:
        """Features of the cases."""
        return FeatureStore(self.home / "features")

    @property
    def registry(self) -> Registry:
        """Packages to choose from."""
        return Registry(self.home / "registry")

    def packages(self) -> dict[str, ModelPackage]:
        """The packages that the study works with, by letter."""
        found = map(load_package, package_folders(self.home / "models"))
        return {package.spec.letter: package for package in found}

    def progress(self, done: int, total: int, step: str) -> None:
        """Note how far the job is, at most twice a second; raises UnwantedError when it shall end."""
        if not self.wanted():
            raise UnwantedError
        now = time.monotonic()
        if done >= total or now - self._noted >= _REPORT_SECONDS:
            self._noted = now
            self.note(done, total, step)

    def run(self, function: Callable[..., Result], *args: Any, alone: bool = False, **kwargs: Any) -> Result:
        """Result of a function in another process; that process ends early when the job is not wanted.

        Parameters
        ----------
        function : see `dls.nn.worker.Worker.submit`
        alone : in a process of its own, for work that would keep others waiting

        Raises
        ------
        UnwantedError
            when the job is cancelled meanwhile.
        DLSError
            that the function raised, or when its process ended.
        """
        worker = Worker() if alone else self.worker
        try:
            return self._result(worker, worker.submit(function, *args, **kwargs))
        finally:
            if alone:
                worker.close()

    def _result(self, worker: Worker, future: Future[Result]) -> Result:
        while True:
            try:
                return future.result(_LOOK_SECONDS)
            except TimeoutError:
                if future.done():  # the function itself ran out of time
                    raise
            if not self.wanted():
                worker.interrupt(future)
                raise UnwantedError
