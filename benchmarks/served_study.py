"""A study of phantom cases and the application that serves it, for the benchmarks of viewer and reading."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

from dls.demo.images import import_phantom
from dls.home import VARIABLE
from dls.imaging.archive import ImageArchive
from dls.phantom.cohort import PhantomPatient, validation_cohort
from dls.study.accounts import Role, add_account
from dls.study.cases import NewCase
from dls.study.database import CHEAP_PASSWORDS
from dls.study.order import assign
from dls.study.protocol import Protocol, create_study
from dls.study.store import Store

ROOT = Path(__file__).parents[1]
PASSWORD = "bench-the-study"
PHANTOMS = 3
PATIENCE = 600
"""Fifths of a second that the application may take to start; nothing is measured meanwhile."""


def make_study(home: Path, *, readers: int, cases: int) -> Store:
    """Readers "reader1" … with the same cases; the images of three phantoms in turn."""
    store = Store(home / "study.db", password_cost=CHEAP_PASSWORDS)
    names = [f"reader{n + 1}" for n in range(readers)]
    accounts = [add_account(store, name, name, Role.READER, PASSWORD) for name in names]
    create_study(store, "Benchmark", Protocol(readers=tuple(a.id for a in accounts)))
    patients = validation_cohort()[:PHANTOMS]
    made = [import_phantom(patient) for patient in patients]
    archive = ImageArchive(home / "images")
    for number in range(cases):
        case = store.add_case(_case(patients[number % PHANTOMS], number))
        imported, outline = made[number % PHANTOMS]
        archive.put(case.id, imported.volumes, outline)
    assign(store)
    return store


@contextmanager
def served(home: Path) -> Iterator[tuple[str, int]]:
    """Address of the application serving a study, and its process id."""
    url, process = start(home)
    try:
        yield url, process.pid
    finally:
        process.terminate()
        process.wait()


def start(home: Path) -> tuple[str, subprocess.Popen[bytes]]:
    """Start the application on a study; returns when it answers."""
    port = free_port()
    process = subprocess.Popen(
        [sys.executable, "-m", "streamlit", "run", "app.py", "--server.port", str(port)],
        cwd=ROOT,
        env={**os.environ, VARIABLE: str(home)},
        stdout=subprocess.DEVNULL,
    )
    url = f"http://127.0.0.1:{port}"
    wait_until_it_answers(url, lambda: process.poll() is None)
    return url, process


def free_port() -> int:
    """A port of this machine that nothing listens on."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def wait_until_it_answers(url: str, alive: Callable[[], bool]) -> None:
    """Wait for the application's health check; raises RuntimeError when it has ended meanwhile."""
    for _ in range(PATIENCE):
        if not alive():
            raise RuntimeError("the application ended before it answered")
        try:
            with urlopen(f"{url}/_stcore/health"):
                return
        except (URLError, ConnectionError):
            time.sleep(0.2)
    raise TimeoutError(f"{url} does not answer")


def _case(patient: PhantomPatient, number: int) -> NewCase:
    return NewCase(
        code=f"{patient.code}-{number}",
        lesion_class=patient.lesion_class,
        reference_standard=patient.reference_standard,
        lesion_mm=patient.lesion_mm,
        scanner=patient.scanner,
        clinical=patient.clinical.to_dict(),
        image_source=f"phantom:{patient.code}",
        simulated_images=True,
    )
