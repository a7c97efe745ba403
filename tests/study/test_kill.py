"""A process that signs readings is killed with SIGKILL; nothing acknowledged may be lost."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

from dls.study.audit import verify
from dls.study.backup import integrity
from dls.study.reading import assignment
from tests.study.tiny_study import tiny_study

ROOT = Path(__file__).parents[2]


def test_nothing_acknowledged_is_lost_when_the_process_is_killed(tmp_path: Path) -> None:
    store = tiny_study(tmp_path / "study.db", cases=400, readers=2)
    acknowledged: dict[int, list[str]] = {1: [], 2: []}
    for reader_id in (1, 2, 1):
        acknowledged[reader_id] += killed_while_signing(store.path, reader_id, after=25)
    for reader_id, codes in acknowledged.items():
        assert len(codes) >= 25
        assert {assignment(store, reader_id, code).status for code in codes} == {"signed"}
    readings = store.readings(revisions=True)
    assert not readings.duplicated(["reader_id", "session", "case_id", "revision"]).any()
    # A reading may be on disk whose acknowledgement was killed on its way, one a process.
    assert 0 <= len(readings) - sum(map(len, acknowledged.values())) <= 3
    assert integrity(store) == ()
    assert verify(store).ok


def killed_while_signing(path: Path, reader_id: int, after: int) -> list[str]:
    """Codes that a process acknowledged before it was killed in the middle of its work."""
    command = [sys.executable, "-m", "tests.study.signing_process", str(path), str(reader_id)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        codes = [process.stdout.readline().strip() for _ in range(after)]
        os.kill(process.pid, signal.SIGKILL)
        codes += [line.strip() for line in process.stdout if line.endswith("\n")]
        assert process.wait() == -signal.SIGKILL
    return codes
