"""The application in processes forked from one that has its packages loaded, so that it starts sooner.

What is forked runs the very command that people run; only the loading of Streamlit and pandas, most of a
start, is not repeated.
"""

from __future__ import annotations

import multiprocessing
import os
import sys
from multiprocessing.process import BaseProcess
from pathlib import Path

from benchmarks.served_study import ROOT, free_port, wait_until_it_answers
from dls.home import VARIABLE

LOADED = ["streamlit.web.cli", "streamlit.web.bootstrap", "pandas", "dls.ui.routes.all_routes"]
_CONTEXT = multiprocessing.get_context("forkserver")
_CONTEXT.set_forkserver_preload(LOADED)


def start_forked(home: Path) -> tuple[str, BaseProcess]:
    """Start the application on a study; returns when it answers."""
    port = free_port()
    process = _CONTEXT.Process(target=_serve, args=(home, port))
    process.start()
    url = f"http://127.0.0.1:{port}"
    wait_until_it_answers(url, process.is_alive)
    return url, process


def _serve(home: Path, port: int) -> None:
    from streamlit.web.cli import main

    os.environ[VARIABLE] = str(home)
    os.chdir(ROOT)
    with open(os.devnull, "w") as nothing:
        os.dup2(nothing.fileno(), sys.stdout.fileno())
    main(["run", "app.py", "--server.port", str(port), "--server.address", "localhost"])
