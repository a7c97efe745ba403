"""Run one module of the command line without the others."""

from __future__ import annotations

import argparse
from types import ModuleType


def run(module: ModuleType, *arguments: str) -> int:
    """Exit code of a command; errors are raised, not printed."""
    parser = argparse.ArgumentParser(prog="dls")
    module.add_parser(parser.add_subparsers(required=True))
    args = parser.parse_args(arguments)
    return int(args.run(args))
