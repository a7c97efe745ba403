"""What the whole suite starts with, where it keeps its files, and what it reports at its end.

Hypothesis sets no time limit for an example: a busy machine is no failure.
"""

import os
import shutil
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import settings
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling

# Read when OpenMP is loaded: waiting threads of several workers do not spin.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

settings.register_profile("no deadline", deadline=None)
settings.load_profile("no deadline")

_LONG = ("browser", "nn")
_MEMORY, _ROOM = Path("/dev/shm"), 4 * 2**30
"""A folder in memory on Linux, and the bytes that it must have free."""


def pytest_configure() -> None:
    """Keep the tests' folders in memory where it has room: every write of a study waits for the disk."""
    if (
        _MEMORY.is_dir()
        and shutil.disk_usage(_MEMORY).free >= _ROOM
        and not os.statvfs(_MEMORY).f_flag & (os.ST_NOEXEC | os.ST_RDONLY)
    ):
        os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(_MEMORY))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Long folders first."""
    items.sort(key=lambda item: _folder(item.nodeid) not in _LONG)


class ByFolder(LoadScopeScheduling):
    """A long folder runs on one worker: its application and networks start once.  Others go by module."""

    def _split_scope(self, nodeid: str) -> str:
        folder = _folder(nodeid)
        return folder if folder in _LONG else nodeid.split("::", maxsplit=1)[0]


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> ByFolder:
    """The order of several workers' tests."""
    return ByFolder(config, log)


def _folder(nodeid: str) -> str:
    return nodeid.split("/")[1]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Count the traps made of real DICOM files that were refused, by code (see imaging/test_traps.py)."""
    cases = Counter(
        str(value)
        for report in terminalreporter.stats.get("passed", [])
        if report.when == "call"
        for name, value in report.user_properties
        if name == "trap"
    )
    if cases:
        listed = ", ".join(f"{code} {count}" for code, count in sorted(cases.items()))
        terminalreporter.write_line(
            f"traps of real DICOM files refused: {cases.total()} of {len(cases)} kinds ({listed})"
        )
    for report in terminalreporter.stats.get("passed", []):
        if report.when == "call":
            for name, value in report.user_properties:
                if name == "thirty cases by keyboard":
                    terminalreporter.write_line(f"{name}: {value}")
