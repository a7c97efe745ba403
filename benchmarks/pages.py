"""Server time of every investigator's page on the demo study of 201 cases.

python -m benchmarks.pages [--rounds 10] [--signatures 5]

Goal: warm, every page within 1 s.  The time runs from the request on Streamlit's websocket to the last
element, in the application that people start; nothing is drawn.  First: the first look at a page since the
start.  Warm: the study has not changed since.  New reading: one was signed since, so that the results are
computed again.
"""

from __future__ import annotations

import argparse
import os
import statistics
import tempfile
from itertools import cycle
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from benchmarks.page_session import PageSession, Run
from benchmarks.reader_client import Client
from benchmarks.served_study import served
from dls.demo.accounts import DEMO_ACCOUNTS
from dls.demo.prepare import prepare
from dls.domain import LesionClass, Task
from dls.study.accounts import Role, account_named
from dls.study.reading import Entry, next_assignment, sign
from dls.study.store import Store
from dls.ui.navigation import PAGES

Address = tuple[str, str]


def addresses(case_id: int) -> list[Address]:
    """Every investigator's page by name and query, and those whose query asks for other work.

    The page that opens after sign-in has no name of its own in an address.
    """
    pages: list[Address] = [
        (name, "") for section in PAGES[Role.INVESTIGATOR].values() for name, _, _ in section
    ]
    pages[0] = ("", "")
    asked: list[tuple[str, dict[str, Any]]] = [
        ("accuracy", {"classification": Task.BENIGN_MALIGNANT}),
        ("accuracy", {"classification": Task.MALIGNANT_THREE_WAY}),
        ("cases", {"task": Task.SEVEN_WAY, "where": ["A:wrong", "consensus:right"]}),
        ("cases", {"case": case_id, "overlay": "A"}),
        ("feature_map", {"map": "UMAP"}),
        ("accuracy", {"classification": Task.SEVEN_WAY, "subgroup": ["sex:male", "sex:female"]}),
        ("published_results", {"table": "4"}),
    ]
    return [*pages, *((page, urlencode(query, doseq=True)) for page, query in asked)]


def sign_one_more(store: Store, reader: str) -> None:
    """Sign the reader's next open case."""
    account = account_named(store, reader)
    following = next_assignment(store, account.id)
    if following is None:
        raise SystemExit(f"{reader} has no open case left: ask for fewer --signatures")
    sign(store, account.id, following.code, Entry(LesionClass.HCC, 80, active_seconds=1, wall_seconds=1))


def main() -> None:
    """Measure every page and print a line each."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=10, help="warm looks at each page")
    parser.add_argument("--signatures", type=int, default=5, help="looks at each page after a new reading")
    options = parser.parse_args()
    who = next(a for a in DEMO_ACCOUNTS if a.role is Role.INVESTIGATOR)
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        prepare(home)
        store = Store(home / "study.db")
        asked = addresses(case_id=store.cases().index[0])
        print(f"{len(store.cases())} cases, load {os.getloadavg()[0]:.1f} of {os.cpu_count()} cores")
        with served(home) as (url, _):
            tab = PageSession(url, Client(url, who.username, who.password).cookie)
            first = {address: [tab.open(*address)] for address in asked}
            warm = {address: [tab.open(*address) for _ in range(options.rounds)] for address in asked}
            changed: dict[Address, list[Run]] = {address: [] for address in asked}
            readers = cycle(a.username for a in DEMO_ACCOUNTS if a.role is Role.READER)
            for address in options.signatures * asked:
                sign_one_more(store, next(readers))
                changed[address].append(tab.open(*address))
            tab.close()
    print(f"{'ms':64}{'first':>7}{'warm':>7}{'95 %':>7}{'new reading':>13}{'KiB sent':>10}")
    for page, query in asked:
        runs = warm[page, query]
        print(
            f"{page + '?' * bool(query) + query:64}"
            f"{_median(first[page, query]):7.0f}{_median(runs):7.0f}{_p95(runs):7.0f}"
            f"{_median(changed[page, query]):13.0f}{runs[-1].sent / 1024:10.0f}"
        )


def _median(runs: list[Run]) -> float:
    return 1e3 * statistics.median(run.seconds for run in runs)


def _p95(runs: list[Run]) -> float:
    return 1e3 * statistics.quantiles([run.seconds for run in runs], n=20, method="inclusive")[-1]


if __name__ == "__main__":
    main()
