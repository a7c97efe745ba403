"""Where a command finds the running study."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from dls.errors import InputError
from dls.home import VARIABLE, default_home

if TYPE_CHECKING:
    from dls.study.store import Store


def add_home(parser: argparse.ArgumentParser) -> None:
    """Add `--home`, the folder of the running study."""
    parser.add_argument(
        "--home",
        type=Path,
        default=default_home(),
        help=f"folder of the study (environment {VARIABLE}; now %(default)s)",
    )


def store_of(args: argparse.Namespace, *, make: bool = False) -> Store:
    """Store of the open study of `--home`; a missing database is made where `make` says so.

    Raises
    ------
    InputError
        when there is no study database in the folder.
    """
    from dls.study.opened import opened_store

    path = args.home / "study.db"
    if not make and not path.is_file():
        raise InputError("There is no study here", got=str(path), remedy="run `study create`, or give --home")
    return opened_store(path)
