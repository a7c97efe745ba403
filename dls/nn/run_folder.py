"""A training's folder: what it is, so that it can be taken up again, and how far it has come.

    run.json                              configuration, cohort, versions, date of the start
    A/setting-1-fold-1/history.jsonl      a line an epoch; beside it checkpoint or result, TensorBoard files
    A/final/...                           the training on every patient
    A/report.html                         when Model A is done

Importing this module does not load TensorFlow.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import platform
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

from dls.domain import MODELS
from dls.errors import ConflictError, InputError
from dls.nn.config import TrainingConfig
from dls.nn.history import HISTORY_FILE, EpochRecord, read_history
from dls.nn.jobs import RESULT_FILE
from dls.whole_files import write_whole

RUN_FILE = "run.json"


@dataclass(frozen=True, slots=True)
class JobState:
    """How far one job of a run has come.

    Parameters
    ----------
    letter, name : as in `dls.nn.jobs.Job`
    done : whether its result is there
    history : its epochs so far
    """

    letter: str
    name: str
    done: bool
    history: tuple[EpochRecord, ...]


@dataclass(frozen=True, slots=True)
class RunState:
    """A run's folder as it is now.

    Parameters
    ----------
    folder : where it lies
    begun_on : date of the start, ISO 8601
    configuration : of the run, JSON-able
    cohort_sha256 : of the image groups
    jobs : in the order of the letters, folds before the final training
    """

    folder: Path
    begun_on: str
    configuration: Mapping[str, Any]
    cohort_sha256: str
    jobs: tuple[JobState, ...]


def run_identity(config: TrainingConfig, cohort_sha256: str) -> dict[str, Any]:
    """What must stay the same for a training to be taken up again with the same result."""
    return {"configuration": asdict(config), "cohort": cohort_sha256, "versions": versions()}


def run_name(config: TrainingConfig, cohort_sha256: str) -> str:
    """Name for a run that the same training has again: the configuration's, and a hash of its identity."""
    text = json.dumps(run_identity(config, cohort_sha256), sort_keys=True)
    return f"{config.name}-{hashlib.sha256(text.encode()).hexdigest()[:8]}"


def versions() -> dict[str, str]:
    """Of everything that the weights depend on."""
    packages = ("tensorflow", "keras", "numpy")
    return {"python": platform.python_version(), **{name: version(name) for name in packages}}


def open_run(folder: Path, config: TrainingConfig, cohort_sha256: str, begun_on: str) -> str:
    """Begin a run in a folder, or take up the one that is there.

    Returns
    -------
    the date on which the run began, ISO 8601

    Raises
    ------
    InputError
        when the folder holds another training.
    """
    identity = json.loads(json.dumps(run_identity(config, cohort_sha256)))
    path = folder / RUN_FILE
    if not path.is_file():
        content = json.dumps({"begun_on": begun_on, **identity}, indent=2) + "\n"
        write_whole(path, content.encode())
        return begun_on
    found = json.loads(path.read_text())
    for name, expected in identity.items():
        if found[name] != expected:
            raise InputError(
                f"{folder} holds another training: its {name} differs",
                expected=_difference(expected, found[name]),
                got=_difference(found[name], expected),
                remedy="give another --run, or --restart to begin anew",
            )
    return str(found["begun_on"])


@contextmanager
def only_one(folder: Path, letter: str, config: TrainingConfig) -> Iterator[None]:
    """Keep a second process from training the same model of the same run; workers of one training may.

    Raises
    ------
    ConflictError
        when one does already.
    """
    (folder / letter).mkdir(parents=True, exist_ok=True)
    if config.distribution == "multi_worker":
        yield
        return
    with (folder / letter / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise ConflictError(
                f"Model {letter} of {folder.name} is being trained by another process",
                remedy="wait for it, or give another --run",
            ) from error
        yield


def remove_run(folder: Path) -> None:
    """Forget a run, if it is there."""
    if (folder / RUN_FILE).is_file():
        shutil.rmtree(folder)


def read_run(folder: Path) -> RunState:
    """State of the run in a folder.

    Raises
    ------
    InputError
        when there is none.
    """
    path = folder / RUN_FILE
    if not path.is_file():
        raise InputError("There is no training here", expected=RUN_FILE, got=str(folder))
    found = json.loads(path.read_text())
    jobs = tuple(
        JobState(letter, job.name, (job / RESULT_FILE).is_file(), read_history(job))
        for letter in MODELS
        for job in sorted(p for p in (folder / letter).glob("*") if p.is_dir())
    )
    ordered = sorted(jobs, key=lambda j: (j.letter, j.name == "final", j.name))
    return RunState(folder, found["begun_on"], found["configuration"], found["cohort"], tuple(ordered))


def list_runs(root: Path) -> tuple[Path, ...]:
    """Folders of the runs below a folder, the one that moved last first."""
    found = [path.parent for path in root.glob(f"*/{RUN_FILE}")]
    return tuple(sorted(found, key=_last_moved, reverse=True))


def change_counter(root: Path) -> int:
    """A number that changes whenever a run below a folder has moved on: milliseconds of the last move."""
    return max((int(_last_moved(folder) * 1000) for folder in list_runs(root)), default=0)


def _last_moved(folder: Path) -> float:
    return max(f.stat().st_mtime for f in (folder / RUN_FILE, *folder.rglob(HISTORY_FILE)))


def _difference(one: Any, other: Any) -> str:
    """The entries of `one` that `other` does not have."""
    if not isinstance(one, dict) or not isinstance(other, dict):
        return str(one)
    entries = [f"{name} = {value}" for name, value in one.items() if other.get(name) != value]
    return ", ".join(entries) or "nothing more"
