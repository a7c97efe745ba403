"""Time of saving and signing with 20 readers at once, and of reading the study back, at the store.

    python -m benchmarks.readings [--readers 20] [--cases 40] [--pause 0.5]

Every reader is a thread that saves a draft, signs, and asks for the next case, with a pause between cases;
human readers take half a minute, so that the default is some 60 times as dense.  Goal: 95% of saves with the
next case within 1 s.  Then the frames that the pages use are read from 5,000 cases and 20 readers (300 ms).
"""

from __future__ import annotations

import argparse
import random
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from dls.domain import LesionClass
from dls.study.accounts import add_account
from dls.study.audit import verify
from dls.study.cases import NewCase
from dls.study.database import CHEAP_PASSWORDS
from dls.study.order import assign
from dls.study.protocol import Protocol, create_study
from dls.study.reading import Entry, OutsideReading, add_simulated, next_assignment, save_draft, sign
from dls.study.store import Store

ENTRY = Entry(LesionClass.HCC, 80, active_seconds=20, wall_seconds=30)


def study(path: Path, cases: int, readers: int) -> Store:
    """A study with its order drawn and nothing read."""
    store = Store(path, password_cost=CHEAP_PASSWORDS)
    ids = [
        add_account(store, f"reader{n}", f"Reader {n}", "reader", "benchmark").id
        for n in range(1, readers + 1)
    ]
    create_study(store, "Benchmark", Protocol(readers=tuple(ids)))
    clinical = {"age": 61, "afp": 3.4, "cirrhosis": False}
    store.add_cases(
        NewCase(
            f"B-{n}", LesionClass(n % 7), "histopathology", 25.0, "X 3 T", clinical, "phantom:V-001", True
        )
        for n in range(cases)
    )
    assign(store)
    return store


def save_and_next(store: Store, readers: int, pause: float) -> np.ndarray:
    """Seconds of every save with the next case, all readers at once."""
    seconds: list[float] = []

    def work(reader_id: int) -> None:
        following = next_assignment(store, reader_id)
        while following is not None:
            time.sleep(pause * random.uniform(0.5, 1.5))
            save_draft(store, reader_id, following.code, {"lesion_class": 4})
            start = time.perf_counter()
            sign(store, reader_id, following.code, ENTRY)
            following = next_assignment(store, reader_id, following.code)
            seconds.append(time.perf_counter() - start)

    threads = [threading.Thread(target=work, args=(reader_id,)) for reader_id in range(1, readers + 1)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return np.array(seconds)


def median_ms(call: Callable[[], object], repeats: int = 5) -> float:
    """Median time of a call in ms."""
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        call()
        times.append(time.perf_counter() - start)
    return 1e3 * float(np.median(times))


def main() -> None:
    """Print both parts."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--readers", type=int, default=20)
    parser.add_argument("--cases", type=int, default=40, help="cases a reader signs")
    parser.add_argument("--pause", type=float, default=0.5, help="mean seconds between cases")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        store = study(Path(folder) / "study.db", args.cases, args.readers)
        seconds = save_and_next(store, args.readers, args.pause)
        p50, p95, worst = 1e3 * np.percentile(seconds, [50, 95, 100])
        print(
            f"save and next, {args.readers} readers: "
            f"median {p50:.1f} ms, p95 {p95:.1f} ms, worst {worst:.1f} ms"
        )
        assert len(store.readings()) == args.cases * args.readers
        print(f"every reading is there; audit trail sound: {verify(store).ok}")
        for cases, readers in ((201, 3), (5000, 20)):
            large = study(Path(folder) / f"{cases}.db", cases, readers)
            everything = [(r, c) for r in range(1, readers + 1) for c in range(1, cases + 1)]
            add_simulated(large, [OutsideReading(r, c, ENTRY) for r, c in everything])
            print(
                f"{cases} cases, {readers} readers: readings {median_ms(large.readings):.1f} ms, "
                f"cases {median_ms(large.cases):.1f} ms, consensus {median_ms(large.consensus):.1f} ms"
            )


if __name__ == "__main__":
    main()
