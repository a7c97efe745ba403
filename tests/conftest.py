"""What the whole suite reports at its end."""

from collections import Counter

import pytest


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Count the traps of real DICOM files that were refused, by code (see imaging/test_traps.py)."""
    cases: Counter[str] = Counter()
    files: Counter[str] = Counter()
    for report in terminalreporter.stats.get("passed", []):
        for name, value in report.user_properties if report.when == "call" else ():
            if name == "trap":
                code, _, count = value.partition("|")
                cases[code] += 1
                files[code] += int(count)
    if cases:
        listed = ", ".join(f"{code} {count}" for code, count in sorted(cases.items()))
        terminalreporter.write_line(
            f"traps refused: {cases.total()} cases of {len(cases)} kinds in {files.total()} real files ({listed})"
        )
