"""A made-up study of any size: cases, readers, their readings and seven models' scores, from a seed.

python -m benchmarks.large_study [--cases 5000] [--readers 20] [--rounds 3]

Goal: every investigator's page within 2 s of server time, warm, at 5,000 cases, 20 readers and 7 models.  The
cases have no images.  Measured as `benchmarks.pages` does: a page session over Streamlit's own websocket.
"""

from __future__ import annotations

import argparse
import os
import statistics
import tempfile
from hashlib import sha256
from pathlib import Path

import numpy as np

from benchmarks.page_session import PageSession
from benchmarks.pages import addresses
from benchmarks.reader_client import Client
from benchmarks.served_study import PASSWORD, served
from dls.domain import MODELS, LesionClass
from dls.study.accounts import Role, add_account
from dls.study.cases import NewCase
from dls.study.consensus import add_simulated_consensus
from dls.study.database import CHEAP_PASSWORDS
from dls.study.order import assign
from dls.study.protocol import Protocol, create_study
from dls.study.reading import Entry, OutsideReading, add_simulated
from dls.study.store import Store

INVESTIGATOR = "investigator"
RIGHT = 0.75
"""Share of calls that are right."""


def large_study(home: Path, *, cases: int, readers: int, seed: int = 0) -> Store:
    """A complete simulated study of phantom cases without images."""
    rng = np.random.default_rng(seed)
    store = Store(home / "study.db", password_cost=CHEAP_PASSWORDS)
    add_account(store, INVESTIGATOR, "Investigator", Role.INVESTIGATOR, PASSWORD)
    names = [f"reader{n + 1}" for n in range(readers)]
    accounts = [add_account(store, name, name, Role.READER, PASSWORD).id for name in names]
    create_study(store, "Large study", Protocol(readers=tuple(accounts), investigator_unblinded=True))
    truth = rng.integers(0, len(LesionClass), cases)
    ids = store.add_cases(_case(number, int(lesion), rng) for number, lesion in enumerate(truth))
    assign(store)
    for letter, model in MODELS.items():
        classes = model.task.classes
        targets = [model.task.target(LesionClass(int(t))) for t in truth]
        judged = [i for i, target in enumerate(targets) if target is not None]
        scores = rng.dirichlet(np.full(len(classes), 0.5), len(judged))
        for row, i in enumerate(judged):
            scores[row, targets[i]] += rng.random() * 2
        scores /= scores.sum(axis=1, keepdims=True)
        package, groups = sha256(letter.encode()).hexdigest(), np.zeros(len(judged), int)
        store.add_predictions(letter, package, [ids[i] for i in judged], groups, scores)
    every = np.zeros(cases, int)
    store.add_embedding("A", "tsne", ids, every, rng.normal(size=(cases, 2)), settings={"seed": seed})
    called = {reader: _calls(truth, rng) for reader in accounts}
    add_simulated(
        store,
        (
            OutsideReading(reader, case_id, _entry(int(calls[i]), rng))
            for reader, calls in called.items()
            for i, case_id in enumerate(ids)
        ),
    )
    disputed = [i for i in range(cases) if len({int(calls[i]) for calls in called.values()}) > 1]
    agreed = _calls(truth, rng)
    add_simulated_consensus(store, {ids[i]: LesionClass(int(agreed[i])) for i in disputed})
    return store


def main() -> None:
    """Measure every page and print a line each."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", type=int, default=5000)
    parser.add_argument("--readers", type=int, default=20)
    parser.add_argument("--rounds", type=int, default=3, help="warm looks at each page")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        store = large_study(home, cases=options.cases, readers=options.readers)
        asked = addresses(case_id=int(store.cases().index[0]))
        print(f"{options.cases} cases, {options.readers} readers, load {os.getloadavg()[0]:.1f}")
        with served(home) as (url, _):
            tab = PageSession(url, Client(url, INVESTIGATOR, PASSWORD).cookie)
            print(f"{'ms':64}{'first':>7}{'warm':>7}{'KiB sent':>10}")
            for page, query in asked:
                first = tab.open(page, query)
                warm = [tab.open(page, query) for _ in range(options.rounds)]
                median = statistics.median(run.seconds for run in warm)
                name = page + "?" * bool(query) + query
                sent = warm[-1].sent / 1024
                print(f"{name:64}{1e3 * first.seconds:7.0f}{1e3 * median:7.0f}{sent:10.0f}", flush=True)
            tab.close()


def _calls(truth: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    right = rng.random(len(truth)) < RIGHT
    return np.where(right, truth, rng.integers(0, len(LesionClass), len(truth)))


def _entry(called: int, rng: np.random.Generator) -> Entry:
    confidence = float(np.clip(rng.normal(75 if called >= LesionClass.HCC else 25, 15), 0, 100))
    seconds = float(rng.lognormal(3.5, 0.5))
    return Entry(LesionClass(called), round(confidence), active_seconds=seconds, wall_seconds=seconds)


def _case(number: int, lesion: int, rng: np.random.Generator) -> NewCase:
    return NewCase(
        code=f"L-{number:05d}",
        lesion_class=LesionClass(lesion),
        reference_standard="histopathology" if lesion >= LesionClass.HCC else "formal report with follow-up",
        lesion_mm=float(rng.lognormal(3.4, 0.5)),
        scanner=f"vendor {rng.integers(1, 4)}, {'3 T' if rng.random() < 0.5 else '1.5 T'}",
        clinical={"age": float(rng.integers(20, 90)), "sex": "male" if rng.random() < 0.5 else "female"},
        image_source="phantom:V-001",
        simulated_images=True,
    )


if __name__ == "__main__":
    main()
