"""The program installed as a package, away from its checkout: its commands, and the server behind a proxy."""

from __future__ import annotations

import json
import os
import shutil
import site
import socket
import subprocess
import sys
import time
import urllib.request
import venv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from dls.study.freezing import code_version

ROOT = Path(__file__).parents[1]
FOLDERS = ("dls", "pages", "data", "docs", ".streamlit")
FILES = ("app.py", "router.py", "setup.py", "pyproject.toml", "README.md")


@dataclass(frozen=True)
class Installed:
    """An installed copy, with the study that its `dls demo` made."""

    folder: Path

    @property
    def place(self) -> dict[str, Any]:
        """Where its processes run: nothing of this checkout is in their environment."""
        own = {k: v for k, v in os.environ.items() if not k.startswith(("DLS_", "PYTHON"))}
        homes = {"HOME": str(self.folder), "DLS_HOME": str(self.folder / "home")}
        return {"cwd": self.folder, "env": own | homes}

    def run(self, program: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        command = [self.folder / "venv" / "bin" / program, *arguments]
        return subprocess.run(command, **self.place, capture_output=True, text=True, timeout=240, check=False)


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Installed:
    """A wheel of this checkout in an environment that lends the packages of this one."""
    folder = tmp_path_factory.mktemp("installed")
    for name in FOLDERS:
        shutil.copytree(ROOT / name, folder / "src" / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in FILES:
        shutil.copy(ROOT / name, folder / "src" / name)
    uv = [Path(sys.executable).parent / "uv"]
    build = [*uv, "build", "--wheel", "--no-build-isolation", "--python", sys.executable, "-q", "-o", folder]
    subprocess.run(build, cwd=folder / "src", check=True)
    venv.create(folder / "venv")
    own = next((folder / "venv" / "lib").glob("python3*/site-packages"))
    (own / "lent.pth").write_text("\n".join(site.getsitepackages()))
    python, wheel = folder / "venv" / "bin" / "python", next(folder.glob("*.whl"))
    install = [*uv, "pip", "install", "-q", "--offline", "--no-deps", "--python", python, wheel]
    subprocess.run(install, check=True)
    shutil.rmtree(folder / "src")
    return Installed(folder)


def test_the_command_works_away_from_the_checkout(installed: Installed) -> None:
    told = installed.run("dls", "--help")
    assert told.returncode == 0
    assert told.stdout.startswith("usage: dls ")
    refused = installed.run("dls", "run")
    assert refused.returncode == 2
    assert "make the demo with `dls demo`" in refused.stderr
    made = installed.run("dls", "demo")
    assert made.returncode == 0, made.stderr
    assert (installed.folder / "home" / "study.db").is_file()


def test_code_has_the_same_version_installed_or_not(installed: Installed) -> None:
    ask = "from dls.study.freezing import code_version; print(code_version())"
    assert installed.run("python", "-c", ask).stdout.strip() == code_version()


@pytest.fixture(scope="module")
def address(installed: Installed) -> Iterator[str]:
    """The installed application behind a proxy on this machine, with its log in JSON."""
    if not (installed.folder / "home" / "study.db").is_file():
        assert installed.run("dls", "demo").returncode == 0
    (installed.folder / "home" / "dls.toml").write_text(
        'server.trusted_proxies = ["127.0.0.1"]\nserver.log_format = "json"\n'
    )
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [installed.folder / "venv" / "bin" / "dls", "run", "--port", str(port)]
    with (installed.folder / "log").open("wb") as log:
        server = subprocess.Popen(command, **installed.place, stderr=log, stdout=log)
    url = f"http://localhost:{port}"
    try:
        until = time.monotonic() + 90
        while time.monotonic() < until and server.poll() is None and not _answers(url):
            time.sleep(0.2)
        assert server.poll() is None, (installed.folder / "log").read_text()
        yield url
    finally:
        server.terminate()
        server.wait(20)


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(f"{url}/healthz", timeout=30) as answer:
            return bool(json.load(answer) == {"status": "ok"})
    except OSError:
        return False


def test_it_believes_its_proxy_and_logs_json(installed: Installed, address: str) -> None:
    for scheme, secure in (("https", True), ("http", False)):
        request = urllib.request.Request(f"{address}/sign-in", headers={"X-Forwarded-Proto": scheme})
        with urllib.request.urlopen(request, timeout=30) as answer:
            assert ("; secure" in answer.headers["set-cookie"].lower()) is secure
            assert "reader1" in answer.read().decode()
    until = time.monotonic() + 30  # the server writes its line after the browser has the answer
    while len(_statuses(installed.folder / "log", "/sign-in")) < 2 and time.monotonic() < until:
        time.sleep(0.05)
    assert _statuses(installed.folder / "log", "/sign-in") == [200, 200]
    assert "HTTP/1.1" not in (installed.folder / "log").read_text()


def _statuses(log: Path, route: str) -> list[int]:
    """What whole lines of the log, in JSON, say of the requests for a route."""
    lines = log.read_text().splitlines(keepends=True)
    told = [json.loads(line) for line in lines if line.startswith("{") and line.endswith("\n")]
    return [line["status"] for line in told if line.get("route") == route]
