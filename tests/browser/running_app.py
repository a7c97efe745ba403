"""The application as people start it."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

from dls.home import VARIABLE

ROOT = Path(__file__).parents[2]
STARTS_WITHIN = 120


class RunningApp:
    """The application on the study in a folder, at one address for as long as the object lives."""

    def __init__(self, home: Path) -> None:
        self.home = home
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self._port = free.getsockname()[1]
        self.url = f"http://127.0.0.1:{self._port}"
        self.start()

    def start(self) -> None:
        """Start it, again after `kill`; returns when it answers."""
        command = [sys.executable, "-m", "streamlit", "run", "app.py", "--server.port", str(self._port)]
        with (self.home / "server.log").open("ab") as log:
            self._process = subprocess.Popen(
                command,
                cwd=ROOT,
                env={**os.environ, VARIABLE: str(self.home)},
                stdout=log,
                stderr=log,
            )
        self._wait_until_it_answers()

    def kill(self) -> None:
        """SIGKILL: no code of the application runs any more; its children end when their pipes break."""
        self._process.kill()
        self._process.wait()

    def stop(self) -> None:
        """End it in an orderly way."""
        self._process.terminate()
        self._process.wait(timeout=10)

    def _wait_until_it_answers(self) -> None:
        deadline = time.monotonic() + STARTS_WITHIN
        while time.monotonic() < deadline:
            try:
                with urllib.request.urlopen(f"{self.url}/_stcore/health"):
                    return
            except (urllib.error.URLError, ConnectionError):
                if self._process.poll() is not None:
                    break
                time.sleep(0.2)
        self.kill()
        raise AssertionError(f"The application did not start:\n{(self.home / 'server.log').read_text()}")
