"""What a command prints and how it ends, as somebody at a terminal sees it."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from dls.cli import main


@dataclass(frozen=True, slots=True)
class Outcome:
    """Exit code, standard output and standard error."""

    code: int
    out: str
    err: str


class Terminal:
    """Runs commands; what they print is caught."""

    def __init__(self, caught: pytest.CaptureFixture[str]) -> None:
        self.caught = caught

    def __call__(self, *arguments: str) -> Outcome:
        self.caught.readouterr()
        code = main(arguments)
        said = self.caught.readouterr()
        return Outcome(code, said.out, said.err)
