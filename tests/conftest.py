"""What the whole suite starts with, where it keeps its files, and what it reports at its end."""

import os
import shutil
from collections import Counter
from pathlib import Path

import pytest

# Read when OpenMP is loaded: waiting threads of two workers do not spin.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

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


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Long folders first, each on one worker: its application and networks start once.  Others by module."""
    for item in items:
        folder = item.nodeid.split("/")[1]
        item.add_marker(pytest.mark.xdist_group(folder if folder in _LONG else item.nodeid.split("::")[0]))
    items.sort(key=lambda item: item.nodeid.split("/")[1] not in _LONG)


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
