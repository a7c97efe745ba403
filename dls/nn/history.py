"""The course of one training: a record an epoch, kept as JSON lines that can be followed while it runs."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from dls.whole_files import write_whole

HISTORY_FILE = "history.jsonl"


@dataclass(frozen=True, slots=True)
class EpochRecord:
    """What one epoch gave.

    Parameters
    ----------
    epoch : from 1
    loss, accuracy : mean over the epoch's steps, augmented groups, weights as they were at each step
    learning_rate : at the epoch's last step
    seconds : of the epoch
    unseen_loss, unseen_accuracy : over patients kept aside: mean -log score of the true class, and share
        whose largest score is their class; None when they were not looked at
    """

    epoch: int
    loss: float
    accuracy: float
    learning_rate: float
    seconds: float
    unseen_loss: float | None = None
    unseen_accuracy: float | None = None


def write_history(folder: Path, records: Sequence[EpochRecord]) -> None:
    """Replace the folder's history, all or nothing."""
    lines = "".join(json.dumps(asdict(record)) + "\n" for record in records)
    write_whole(folder / HISTORY_FILE, lines.encode())


def read_history(folder: Path) -> tuple[EpochRecord, ...]:
    """The folder's history so far; empty before the first epoch ended."""
    path = folder / HISTORY_FILE
    if not path.is_file():
        return ()
    return tuple(EpochRecord(**json.loads(line)) for line in path.read_text().splitlines())


def fold_course(records: Sequence[EpochRecord]) -> dict[str, list[float]]:
    """A fold's records as columns: what was learned from every epoch, and the epochs that looked further."""
    looked = [record for record in records if record.unseen_loss is not None]
    return {
        "epoch": [record.epoch for record in records],
        "loss": [round(record.loss, 5) for record in records],
        "accuracy": [round(record.accuracy, 5) for record in records],
        "unseen_epoch": [record.epoch for record in looked],
        "unseen_loss": [round(record.unseen_loss or 0.0, 5) for record in looked],
        "unseen_accuracy": [round(record.unseen_accuracy or 0.0, 5) for record in looked],
    }
