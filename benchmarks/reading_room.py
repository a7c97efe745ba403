"""Saving and memory: twenty readers at once, at twenty times human speed, over HTTP.

python -m benchmarks.reading_room [--readers 20] [--cases 10] [--look 1.0]

Each reader fetches the case and its six volumes, looks, saves three drafts and signs.  "Save and next" is the
signature's acknowledgement plus the next case's description, as the reading room waits for them.  Goals: 95 %
of them within 1 s on two cores, the server within 1.5 GiB.
"""

from __future__ import annotations

import argparse
import json
import random
import statistics
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from benchmarks.reader_client import Client
from benchmarks.served_study import PASSWORD, make_study, served
from dls.study.accounts import account_named
from dls.study.reading import next_assignment
from dls.study.store import Store

DRAFTS = 3


def work(url: str, name: str, code: str | None, look: float) -> list[float]:
    """Read from a case on until the worklist is empty; seconds of every save and next case."""
    reader, took = Client(url, name, PASSWORD), []
    while code is not None:
        following, seconds = _read(reader, code, look)
        took.append(seconds)
        code = following
    reader.close()
    return took


def _read(reader: Client, code: str, look: float) -> tuple[str | None, float]:
    study = json.loads(reader.get(f"/readings/{code}"))
    for series in study["series"]:
        reader.get("/" + series["url"], **{"Accept-Encoding": "gzip"})
    answer = {"lesion_class": random.randrange(7), "malignancy": random.randrange(101), "comment": ""}
    for _ in range(DRAFTS):
        time.sleep(random.uniform(0.5, 1.5) * look / DRAFTS)
        reader.send("PUT", f"/readings/{code}/draft", {**answer, "active_seconds": 1, "opened_at": 1})
    began = time.perf_counter()
    entry = {**answer, "active_seconds": 1, "wall_seconds": 1}
    following: str | None = reader.send("POST", f"/readings/{code}/sign", entry)["next"]
    if following is not None:
        reader.get(f"/readings/{following}")
    return following, time.perf_counter() - began


def main() -> None:
    """Let all readers work at once and print the distribution."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--readers", type=int, default=20)
    parser.add_argument("--cases", type=int, default=10)
    parser.add_argument("--look", type=float, default=1.0, help="mean seconds a reader looks at a case")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        store = make_study(Path(folder), readers=options.readers, cases=options.cases)
        with served(Path(folder)) as (url, pid), ThreadPoolExecutor(options.readers) as pool:
            names = [f"reader{n + 1}" for n in range(options.readers)]
            began = time.perf_counter()
            all_times = pool.map(lambda name: work(url, name, _first(store, name), options.look), names)
            took = [seconds for times in all_times for seconds in times]
            elapsed = time.perf_counter() - began
            memory = _peak_mib(pid)
        stored = len(store.readings())
    print(f"{len(took)} signatures of {options.readers} readers in {elapsed:.1f} s; {stored} readings stored")
    p95 = statistics.quantiles(took, n=20)[-1]
    print(f"save and next: median {statistics.median(took) * 1000:.0f} ms, 95 % {p95 * 1000:.0f} ms, "
          f"longest {max(took) * 1000:.0f} ms")  # fmt: skip
    print(f"server's peak memory: {memory:.0f} MiB")


def _first(store: Store, name: str) -> str | None:
    found = next_assignment(store, account_named(store, name).id)
    return found.code if found else None


def _peak_mib(pid: int) -> float:
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmHWM"):
            return int(line.split()[1]) / 1024
    raise RuntimeError("the kernel does not tell the peak of memory")


if __name__ == "__main__":
    main()
