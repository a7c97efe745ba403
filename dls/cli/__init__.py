"""Commands over the same functions that the pages call.

Exit codes: 0 done, 1 the check that was asked for failed, 2 bad input or usage.
"""

from __future__ import annotations

import argparse
import importlib
import os
import sys
from collections.abc import Sequence

from dls.errors import DLSError

COMMANDS = (
    "demo",
    "importing",
    "pacs",
    "outline",
    "groups",
    "train",
    "package",
    "predict",
    "embed",
    "saliency",
    "study",
    "user",
    "analyze",
    "report",
    "serve",
)


def parser() -> argparse.ArgumentParser:
    """The parser of every command; each module of `COMMANDS` adds its own."""
    description = "Model-versus-reader studies in liver MRI."
    top = argparse.ArgumentParser(prog="dls", description=description)
    subparsers = top.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name in COMMANDS:
        importlib.import_module(f"dls.cli.{name}").add_parser(subparsers)
    return top


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code; errors go to standard error.

    Who reads the output may stop reading, as `head` does: the command then ends without a word.
    """
    args = parser().parse_args(arguments)
    try:
        code = int(args.run(args))
        sys.stdout.flush()
        return code
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except DLSError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
