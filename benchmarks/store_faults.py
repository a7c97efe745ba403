"""Faults at the store: processes that sign readings are killed (SIGKILL) in the middle of their saves.

python -m benchmarks.store_faults [--kills 100] [--signers 3]

Several processes at a time save drafts and sign without pause into one database; at a random moment all of
them are killed, and new ones go on.  At the end every acknowledged reading must be there exactly once and as
it was acknowledged, and file, audit trail and orders must be sound.  `benchmarks.faults` kills the whole
application instead, which takes longer to start.
"""

from __future__ import annotations

import argparse
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.readings import study
from dls.domain import LesionClass
from dls.study.audit import verify
from dls.study.backup import integrity
from dls.study.order import verify_order
from dls.study.reading import Entry, save_draft, sign, worklist
from dls.study.store import Store

ROOT = Path(__file__).parents[1]
SIGN_FROM = "--sign-as"
LONGEST_LIFE_S = 0.3
Answer = tuple[int, int]


def main() -> int:
    """Print what was acknowledged and what is stored; 1 where they differ."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--signers", type=int, default=3, help="processes at a time, one reader each")
    parser.add_argument("--cases", type=int, default=4000, help="cases a reader")
    args = parser.parse_args()
    lots = random.Random(7)
    with tempfile.TemporaryDirectory() as folder:
        store = study(Path(folder) / "study.db", args.cases, args.signers)
        acknowledged: dict[int, dict[str, Answer]] = {n: {} for n in range(1, args.signers + 1)}
        rounds = -(-args.kills // args.signers)
        begun = time.monotonic()
        for _ in range(rounds):
            _killed_round(store.path, acknowledged, lots)
        faults = _faults(store, acknowledged)
        count = sum(map(len, acknowledged.values()))
        stored = len(store.readings(revisions=True))
        print(
            f"{rounds * args.signers} kills in {time.monotonic() - begun:.0f} s: "
            f"{count} readings acknowledged, {stored} stored "
            "(a kill may fall between a commit and its acknowledgement)"
        )
        for fault in faults:
            print(f"fault: {fault}")
        print(
            "not sound"
            if faults
            else "every acknowledged reading is there once; file, trail and orders sound"
        )
    return 1 if faults else 0


def _killed_round(path: Path, acknowledged: dict[int, dict[str, Answer]], lots: random.Random) -> None:
    """Let one process a reader sign, and kill each at a moment of its own."""
    command = [sys.executable, "-m", "benchmarks.store_faults", SIGN_FROM]
    processes = {
        reader: subprocess.Popen(
            [*command, str(path), str(reader)], cwd=ROOT, stdout=subprocess.PIPE, text=True
        )
        for reader in acknowledged
    }
    for reader, process in processes.items():
        assert process.stdout is not None
        lines = [process.stdout.readline()]  # it has begun
        time.sleep(lots.uniform(0, LONGEST_LIFE_S))
        os.kill(process.pid, signal.SIGKILL)
        lines += process.stdout.readlines()
        process.wait()
        for line in lines:
            if line.endswith("\n"):
                code, lesion, sure = line.split()
                acknowledged[reader][code] = (int(lesion), int(sure))


def _faults(store: Store, acknowledged: dict[int, dict[str, Answer]]) -> list[str]:
    readings = store.readings(revisions=True)
    stored = {
        (row.reader_id, row.case_id): (int(row.lesion_class), round(row.malignancy))  # type: ignore[arg-type]
        for row in readings.itertuples()
    }
    faults = (
        [f"{len(readings) - len(stored)} readings are there twice"] if len(readings) != len(stored) else []
    )
    for reader, answers in acknowledged.items():
        cases = {own.code: own.case_id for own in worklist(store, reader)}
        for code, answer in answers.items():
            found = stored.get((reader, cases[code]))
            if found != answer:
                faults.append(f"reader {reader}, case {cases[code]}: acknowledged {answer}, stored {found}")
    return [*faults, *integrity(store), *map(str, verify(store).faults), *map(str, verify_order(store))]


def sign_without_end(path: str, reader: int) -> None:
    """Sign every case that is left, printing each acknowledged answer."""
    store, lots = Store(path), random.Random()
    for one in worklist(store, reader):
        if one.status != "signed":
            lesion, sure = lots.randrange(7), lots.randrange(101)
            save_draft(store, reader, one.code, {"lesion_class": lesion})
            sign(store, reader, one.code, Entry(LesionClass(lesion), sure, comment="x" * lots.randrange(500)))
            print(one.code, lesion, sure, flush=True)


if __name__ == "__main__":
    if sys.argv[1:2] == [SIGN_FROM]:
        sign_without_end(sys.argv[2], int(sys.argv[3]))
    else:
        raise SystemExit(main())
