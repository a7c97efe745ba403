"""Faults: the whole application is killed (SIGKILL) while readers save; is anything acknowledged lost?

python -m benchmarks.faults [--kills 100] [--readers 20] [--cases 60]

Readers sign over HTTP as fast as they can.  At a random moment the application dies, its child processes end
with it, and it is started again; each reader sends again what was not acknowledged, as the reading room does.
At the end every reading must be there exactly once, as acknowledged, and the audit trail must be sound.
"""

from __future__ import annotations

import argparse
import http.client
import os
import random
import signal
import sys
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.forked_app import start_forked
from benchmarks.reader_client import Client, RefusedError
from benchmarks.served_study import PASSWORD, make_study
from dls.study.accounts import account_named
from dls.study.audit import verify
from dls.study.backup import integrity
from dls.study.reading import worklist
from dls.study.store import Store

Answer = tuple[int, int]


@dataclass
class Reader:
    """A reader's plan, what was acknowledged, and how often a case was found signed on sending it again."""

    name: str
    plan: dict[str, Answer]
    acknowledged: dict[str, Answer] = field(default_factory=dict)
    found_signed: int = 0

    def work(self, url: str) -> None:
        """Sign the rest of the plan until it is done or the server is gone."""
        try:
            client = Client(url, self.name, PASSWORD)
            for code in [c for c in self.plan if c not in self.acknowledged]:
                self._sign(client, code)
        except (OSError, http.client.HTTPException):
            return

    def _sign(self, client: Client, code: str) -> None:
        lesion_class, malignancy = self.plan[code]
        answer = {"lesion_class": lesion_class, "malignancy": malignancy, "comment": "c" * 200}
        try:
            client.send("PUT", f"/readings/{code}/draft", {**answer, "active_seconds": 1, "opened_at": 1})
            client.send("POST", f"/readings/{code}/sign", {**answer, "active_seconds": 1, "wall_seconds": 1})
        except RefusedError as refused:
            if refused.status != 409:
                raise
            self.found_signed += 1
        self.acknowledged[code] = self.plan[code]


def main() -> None:
    """Kill, start again, compare; ends with status 1 when anything is amiss."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--readers", type=int, default=20)
    parser.add_argument("--cases", type=int, default=60)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        store = make_study(home, readers=options.readers, cases=options.cases)
        readers = [_reader(store, f"reader{n + 1}") for n in range(options.readers)]
        total, faults = options.readers * options.cases, 0
        for kill in range(options.kills):
            wanted = round(total * (kill + random.random()) / options.kills)
            _work_and_kill(home, readers, wanted)
            faults += _compare(store, readers, f"kill {kill + 1}")
        _work_and_kill(home, readers, total)
        faults += _compare(store, readers, "all signed")
    sys.exit(1 if faults else 0)


def _reader(store: Store, name: str) -> Reader:
    own = worklist(store, account_named(store, name).id)
    return Reader(name, {a.code: (random.randrange(7), random.randrange(101)) for a in own})


def _work_and_kill(home: Path, readers: list[Reader], wanted: int) -> None:
    """Let all readers sign until about `wanted` signatures are acknowledged, then kill the application."""
    url, process = start_forked(home)
    assert process.pid is not None
    with ThreadPoolExecutor(len(readers)) as pool:
        work = [pool.submit(reader.work, url) for reader in readers]
        killer = threading.Thread(target=_kill_at, args=(process.pid, readers, wanted, work))
        killer.start()
        for one in work:
            one.result()
        killer.join()
    process.join()


def _kill_at(pid: int, readers: list[Reader], wanted: int, work: list) -> None:
    while _acknowledged(readers) < wanted and not all(one.done() for one in work):
        time.sleep(0.002)
    os.kill(pid, signal.SIGKILL)


def _acknowledged(readers: list[Reader]) -> int:
    return sum(len(reader.acknowledged) for reader in readers)


def _compare(store: Store, readers: list[Reader], when: str) -> int:
    """Print what the store holds against what was acknowledged; returns the number of faults."""
    readings = store.readings(revisions=True)
    columns = readings[["reader_id", "case_id", "lesion_class", "malignancy"]]
    stored = {(row[0], row[1]): (int(row[2]), round(row[3])) for row in columns.to_numpy()}
    lost = changed = 0
    for reader in readers:
        account = account_named(store, reader.name).id
        cases = {own.code: own.case_id for own in worklist(store, account)}
        for code, answer in reader.acknowledged.items():
            found = stored.get((account, cases[code]))
            lost += found is None
            changed += found is not None and found != answer
    twice = len(readings) - len(stored)
    sound = verify(store).ok and not integrity(store)
    acknowledged, again = _acknowledged(readers), sum(reader.found_signed for reader in readers)
    print(
        f"{when:>10}: {acknowledged} acknowledged ({again} of them found signed when sent again), "
        f"{len(readings)} stored; lost {lost}, changed {changed}, twice {twice}; "
        f"trail and database {'sound' if sound else 'NOT SOUND'}"
    )
    return lost + changed + twice + (not sound)


if __name__ == "__main__":
    main()
