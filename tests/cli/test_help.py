"""Every command tells what it does and what each of its arguments is."""

from __future__ import annotations

import argparse
from collections.abc import Iterator

import pytest

from dls.cli import main, parser

Place = tuple[tuple[str, ...], argparse.ArgumentParser]


def commands(within: argparse.ArgumentParser, path: tuple[str, ...] = ()) -> Iterator[Place]:
    """Every parser with the words that lead to it."""
    yield path, within
    for action in within._actions:
        if isinstance(action, argparse._SubParsersAction):
            for name, below in action.choices.items():
                yield from commands(below, (*path, name))


EVERY = list(commands(parser()))


@pytest.mark.parametrize(("path", "found"), EVERY, ids=[" ".join(p) or "dls" for p, _ in EVERY])
def test_help(
    path: tuple[str, ...], found: argparse.ArgumentParser, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main([*path, "--help"])
    assert ended.value.code == 0
    shown = capsys.readouterr().out
    assert shown.startswith(f"usage: {' '.join(('dls', *path))}")
    untold = [a.dest for a in found._actions if not a.help and not isinstance(a, argparse._SubParsersAction)]
    assert untold == []


@pytest.mark.parametrize("path", [p for p, _ in EVERY if p], ids=" ".join)
def test_an_option_that_is_none_is_bad_usage(
    path: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main([*path, "--no-such-option"])
    assert ended.value.code == 2
    assert "usage: " in capsys.readouterr().err
