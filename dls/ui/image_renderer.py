"""Phantom images rendered in a process of their own, so that the web process stays responsive.

A plain child process with one JSON line per request is used instead of `multiprocessing`: Streamlit
replaces `__main__` by the page that runs, and a spawned worker would run that page.
"""

from __future__ import annotations

import json
import logging
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from threading import Lock

from dls.errors import InputError

PROJECT = Path(__file__).parents[2]
LOG = logging.getLogger(__name__)


class ImageRenderer:
    """One child process that renders one case at a time into an archive.

    Parameters
    ----------
    root : folder of the image archive
    command : the child's command line; it reads and answers JSON lines (see `dls.ui.image_worker`)
    """

    def __init__(
        self, root: Path, command: tuple[str, ...] = (sys.executable, "-m", "dls.ui.image_worker")
    ) -> None:
        self._root, self._command = root, command
        self._child: subprocess.Popen[str] | None = None
        self._lock = Lock()
        self._background = ThreadPoolExecutor(1, thread_name_prefix="prefetch")

    def render(self, case_id: int, image_source: str) -> None:
        """Render a phantom into the archive; returns at once where it is there already.

        Raises
        ------
        InputError
            with the child's message when the case could not be rendered.
        """
        request = {"root": str(self._root), "case_id": case_id, "image_source": image_source}
        with self._lock:
            error = self._ask(request)
        if error is not None:
            raise InputError(
                "The images of this case could not be made",
                got=error,
                remedy="look at the server's log; python -m dls demo --reset makes the demo again",
            )

    def submit(self, work: Callable[[int], object], case_id: int) -> None:
        """Run `work(case_id)` later in a background thread, one after the other; a failure is logged."""
        self._background.submit(work, case_id).add_done_callback(_log_failure)

    def close(self) -> None:
        """End the child process."""
        self._background.shutdown(wait=False, cancel_futures=True)
        self._end()

    def _ask(self, request: dict[str, object]) -> str | None:
        child = self._running()
        assert child.stdin is not None
        assert child.stdout is not None
        try:
            child.stdin.write(json.dumps(request) + "\n")
            child.stdin.flush()
            answer = child.stdout.readline()
        except BrokenPipeError:
            answer = ""
        if not answer:
            return f"the rendering process ended (exit status {self._end()})"
        error: str | None = json.loads(answer)["error"]
        return error

    def _end(self) -> int | None:
        """Close the pipes, which ends the child, and wait for it; returns its exit status."""
        child, self._child = self._child, None
        if child is None:
            return None
        with child:  # leaving it closes the pipes and waits
            pass
        return child.returncode

    def _running(self) -> subprocess.Popen[str]:
        if self._child is None or self._child.poll() is not None:
            self._child = subprocess.Popen(
                self._command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=PROJECT
            )
        return self._child


def _log_failure(done: Future[object]) -> None:
    if not done.cancelled() and (problem := done.exception()) is not None:
        LOG.error("Images ahead of time: %s", problem)
