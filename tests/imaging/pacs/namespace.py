"""Runs Orthanc in the network namespace it is started in, with relays from its ports to Unix sockets.

`unshare -rn python namespace.py CONFIG HTTP_PORT DICOM_PORT MOVE_PORT SOCKETS`: this Orthanc listens on all
interfaces, and here there is none but the loopback that this script switches on.
"""

import ctypes
import fcntl
import signal
import socket
import struct
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[3]))

from tests.imaging.pacs.relay import LOOPBACK, Relay

_SIOCSIFFLAGS, _IFF_UP = 0x8914, 1
_PR_SET_PDEATHSIG = 1


def switch_loopback_on() -> None:
    with socket.socket() as any_socket:
        fcntl.ioctl(any_socket, _SIOCSIFFLAGS, struct.pack("16sH14x", b"lo", _IFF_UP))


def die_with_parent() -> None:
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def main(config: str, http_port: str, dicom_port: str, move_port: str, sockets: str) -> int:
    die_with_parent()
    switch_loopback_on()
    folder = Path(sockets)
    Relay(folder / "http", (LOOPBACK, int(http_port)))
    Relay(folder / "dicom", (LOOPBACK, int(dicom_port)))
    Relay((LOOPBACK, int(move_port)), folder / "move")
    return subprocess.run(["Orthanc", config], preexec_fn=die_with_parent, check=False).returncode


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
