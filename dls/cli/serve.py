"""`run` and `config`: the application, and the configuration that it would have."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from dls.cli.home import add_home
from dls.errors import InputError
from dls.home import PROGRAM, VARIABLE


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add both commands."""
    run = subparsers.add_parser(
        "run",
        help="open the application",
        description="Serve the study of --home to browsers, until it is interrupted.",
    )
    run.add_argument("--port", type=int, default=8501, help="default: %(default)s")
    run.add_argument("--address", default="localhost", help="where to listen (default: %(default)s)")
    run.set_defaults(run=run_application)
    show = subparsers.add_parser(
        "config",
        help="show the configuration",
        description="Print every setting with its value and where it comes from; 2 when it cannot be used.",
    )
    show.set_defaults(run=run_config)
    for command in (run, show):
        add_home(command)


def run_application(args: argparse.Namespace) -> int:
    """Check the configuration, then become the server."""
    from dls.configuration import configuration

    home: Path = args.home.resolve()
    configuration(home)
    if not (home / "study.db").is_file():
        raise InputError(
            "There is no study here",
            got=str(home),
            remedy="make the demo with `dls demo`, or a study with `dls study create`",
        )
    os.chdir(PROGRAM)
    os.environ[VARIABLE] = str(home)
    place = ["--server.port", str(args.port), "--server.address", args.address]
    sys.stdout.flush()
    os.execv(sys.executable, [sys.executable, "-m", "streamlit", "run", "app.py", *place])


def run_config(args: argparse.Namespace) -> int:
    """Print the settings as they apply."""
    from dls.configuration import SETTINGS, Configuration, configuration, configuration_file

    home = args.home.resolve()
    found, default = configuration(home), Configuration()
    file = configuration_file(home)
    print(f"# {file}{'' if file.is_file() else ' (not there)'}")
    for setting in SETTINGS:
        value = getattr(found, setting.field)
        origin = os.environ.get(setting.variable) and f"from {setting.variable}"
        where = origin or ("default" if value == getattr(default, setting.field) else "from the file")
        shown = ", ".join(value) if isinstance(value, tuple) else "" if value is None else value
        print(f"{setting.key} = {shown}  # {where}: {setting.meaning}")
    for name in found.pacs:
        print(f"pacs.{name}  # an image server")
    return 0
