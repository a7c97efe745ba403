"""From a fresh clone to the sign-in page by one command, and again from the second start.

python -m benchmarks.startup            (takes minutes and downloads every package)
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

ROOT = Path(__file__).parents[1]
PORT = 8765
LIMIT_S = 900


def start(folder: Path, environment: dict[str, str]) -> float:
    """Seconds from `make run` to the first answer of the sign-in page; the app is stopped afterwards."""
    began = time.monotonic()
    app = subprocess.Popen(
        ["make", "run", f"PORT={PORT}", f"PYTHON={sys.executable}"],
        cwd=folder,
        env=environment,
        stdout=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        while time.monotonic() - began < LIMIT_S:
            try:
                with urlopen(f"http://localhost:{PORT}/sign-in", timeout=2) as answer:
                    if answer.status == 200:
                        return time.monotonic() - began
            except (URLError, OSError):
                time.sleep(0.2)
            if app.poll() is not None:
                raise SystemExit(f"make run ended with status {app.returncode}")
        raise SystemExit(f"no sign-in page within {LIMIT_S} s")
    finally:
        os.killpg(app.pid, signal.SIGTERM)
        app.wait()


def main() -> None:
    """Clone, start twice and print both times."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "clone"
        subprocess.run(["git", "clone", "-q", str(ROOT), str(folder)], check=True)
        fresh = {**os.environ, "UV_CACHE_DIR": str(Path(name) / "cache"), "PIP_NO_CACHE_DIR": "1"}
        print(f"first start, downloads included: {start(folder, fresh):.0f} s")
        print(f"second start: {start(folder, fresh):.1f} s")


if __name__ == "__main__":
    main()
