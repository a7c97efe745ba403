"""What the whole suite starts with, and what it reports at its end."""

import os
from collections import Counter

import pytest

os.environ.setdefault(
    "OMP_WAIT_POLICY", "PASSIVE"
)  # read when OpenMP is loaded: threads of two workers do not spin


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
