"""Where a command finds the running study."""

from __future__ import annotations

import argparse
import os
from pathlib import Path
from typing import TYPE_CHECKING

from dls.errors import InputError

if TYPE_CHECKING:
    from dls.study.store import Store

ROOT = Path(__file__).parents[2]


def add_home(parser: argparse.ArgumentParser) -> None:
    """Add `--home`, the folder of the running study."""
    default = Path(os.environ.get("DLS_HOME", ROOT / "var"))
    parser.add_argument(
        "--home",
        type=Path,
        default=default,
        help="folder of the study (environment DLS_HOME; now %(default)s)",
    )


def store_of(args: argparse.Namespace, *, make: bool = False) -> Store:
    """Study store of `--home`; a missing one is made where `make` says so.

    Raises
    ------
    InputError
        when there is no study database in the folder.
    """
    from dls.study.store import Store

    path = args.home / "study.db"
    if not make and not path.is_file():
        raise InputError("There is no study here", got=str(path), remedy="run `study create`, or give --home")
    return Store(path)
