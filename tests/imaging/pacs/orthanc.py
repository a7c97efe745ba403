"""A real PACS for the tests: Debian's Orthanc with its DICOMweb plugin.

It runs in a network namespace of its own where the machine allows one, and is reached through relays that the
tests can make slow or cut; elsewhere it listens on free ports of this machine.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from dls.imaging.pacs.peers import DicomWebServer, DimsePeer, Retrieval
from tests.imaging.pacs.relay import LOOPBACK, Behaviour, Relay, free_port

PLUGIN = Path("/usr/share/orthanc/plugins/libOrthancDicomWeb.so")
TITLE, CALLING = "ORTHANC", "DLS"
STARTS_WITHIN_S = 60
TIMEOUT_S = 20.0
SCRIPT = Path(__file__).with_name("namespace.py")


def require_orthanc() -> None:
    """Skip where Orthanc is not installed, except under CI."""
    if (shutil.which("Orthanc") is None or not PLUGIN.is_file()) and not os.environ.get("CI"):
        pytest.skip("Orthanc with its DICOMweb plugin is not installed (apt-get install orthanc-dicomweb)")


def may_unshare() -> bool:
    """Whether this machine allows a network namespace."""
    if shutil.which("unshare") is None:
        return False
    return subprocess.run(["unshare", "-rn", "true"], capture_output=True, check=False).returncode == 0


class Pacs:
    """One Orthanc; what it stores survives `stop` and `start`.

    Parameters
    ----------
    relayed : whether it is reached through relays, which can be made slow or cut; else on its own ports
    """

    def __init__(self, folder: Path, *, relayed: bool = True) -> None:
        self.folder = folder
        self.isolated = relayed and may_unshare()
        self._sockets = Path(tempfile.mkdtemp(prefix="pacs"))
        self._ports = {name: free_port() for name in ("http", "dicom", "move")}
        self._process: subprocess.Popen[bytes] | None = None
        config = self._configuration()
        (folder / "orthanc.json").write_text(json.dumps(config))
        self.http = Relay((LOOPBACK, 0), self._inner("http"))
        self.dicom = Relay((LOOPBACK, 0), self._inner("dicom"))
        self._reached = {"http": self.http.port, "dicom": self.dicom.port} if relayed else self._ports
        self.move_port = self._ports["move"]
        self._move = None
        if self.isolated:
            self.move_port = free_port()
            self._move = Relay(self._sockets / "move", (LOOPBACK, self.move_port))

    @property
    def web(self) -> DicomWebServer:
        return DicomWebServer(f"http://{LOOPBACK}:{self._reached['http']}/dicom-web", timeout_s=TIMEOUT_S)

    def dimse(self, retrieval: Retrieval = Retrieval.GET) -> DimsePeer:
        return DimsePeer(
            LOOPBACK, self._reached["dicom"], TITLE, CALLING, retrieval, self.move_port, timeout_s=TIMEOUT_S
        )

    def start(self) -> None:
        for name in ("http", "dicom"):
            (self._sockets / name).unlink(missing_ok=True)
        config = str(self.folder / "orthanc.json")
        command = ["Orthanc", config]
        if self.isolated:
            ports = [str(self._ports[n]) for n in ("http", "dicom", "move")]
            command = ["unshare", "-rn", sys.executable, str(SCRIPT), config, *ports, str(self._sockets)]
        with (self.folder / "orthanc.log").open("ab") as log:
            at_once = {**os.environ, "TCP_NODELAY": "1"}  # else each of its messages waits for 40 ms
            self._process = subprocess.Popen(
                command, stdout=log, stderr=log, start_new_session=True, env=at_once
            )
        ends = time.monotonic() + STARTS_WITHIN_S
        while not self._answers():
            if self._process.poll() is not None or time.monotonic() > ends:
                raise AssertionError((self.folder / "orthanc.log").read_text()[-2000:])
            time.sleep(0.1)

    def stop(self) -> None:
        """Kill it, as a power cut would."""
        if self._process is not None:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait(10)
            self._process = None
        self.http.hang_up()
        self.dicom.hang_up()

    def calm(self) -> None:
        """Answer whole and fast again."""
        self.http.behave(Behaviour())
        self.dicom.behave(Behaviour())
        if self._process is None:
            self.start()

    def close(self) -> None:
        self.stop()
        for relay in (self.http, self.dicom, self._move):
            if relay is not None:
                relay.close()
        shutil.rmtree(self._sockets)

    def rest(self, method: str, path: str, content: bytes | None = None) -> bytes:
        """Orthanc's own interface, for what a test must arrange."""
        url = f"http://{LOOPBACK}:{self._reached['http']}/{path}"
        request = urllib.request.Request(url, content, method=method)
        with urllib.request.urlopen(request, timeout=TIMEOUT_S) as answer:
            found: bytes = answer.read()
            return found

    def _inner(self, name: str) -> Path | tuple[str, int]:
        return self._sockets / name if self.isolated else (LOOPBACK, self._ports[name])

    def _answers(self) -> bool:
        try:
            return bool(self.rest("GET", "system"))
        except (urllib.error.URLError, OSError):
            return False

    def _configuration(self) -> dict[str, object]:
        store = str(self.folder / "store")
        return {
            "Name": "test",
            "StorageDirectory": store,
            "IndexDirectory": store,
            "Plugins": [str(PLUGIN)],
            "HttpPort": self._ports["http"],
            "DicomPort": self._ports["dicom"],
            "DicomAet": TITLE,
            "DicomCheckCalledAet": True,
            "DicomAlwaysAllowFind": True,
            "DicomAlwaysAllowGet": True,
            "DicomAlwaysAllowMove": True,
            "DicomAlwaysAllowStore": True,
            "DicomModalities": {"dls": [CALLING, LOOPBACK, self._ports["move"]]},
            "RemoteAccessAllowed": False,
            "AuthenticationEnabled": False,
            "OverwriteInstances": True,
            "DicomWeb": {"Enable": True, "Root": "/dicom-web/", "EnableWado": True},
        }
