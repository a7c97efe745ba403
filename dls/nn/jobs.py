"""The pieces of a training: a network fitted to some patients, looked at on others, and kept when done.

Jobs are plain values, so that they can be done here or on the machines of a cluster.  Importing this module
does not load TensorFlow; doing a job does.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from dls.domain import MODELS
from dls.nn.checkpoint import CHECKPOINT_FILE
from dls.nn.config import TrainingConfig
from dls.nn.data import GroupSet
from dls.nn.history import EpochRecord
from dls.progress import Progress
from dls.whole_files import new_file, remove_leftovers

RESULT_FILE = "result.npz"


@dataclass(frozen=True, slots=True)
class Job:
    """One network to fit.

    Parameters
    ----------
    letter : A to G
    name : of its folder, such as "setting-1-fold-2" or "final"
    config : its setting
    seen : indices of the patients to train on, among those the task applies to; None for all
    unseen : indices of those to look at; None for none
    stop_after : epochs to run of the schedule; None for all
    """

    letter: str
    name: str
    config: TrainingConfig
    seen: tuple[int, ...] | None = None
    unseen: tuple[int, ...] | None = None
    stop_after: int | None = None

    def folder(self, run: Path) -> Path:
        """Where the job's history, checkpoint and result lie in a run's folder."""
        return run / self.letter / self.name


@dataclass(frozen=True, slots=True)
class JobResult:
    """What a job gave.

    Parameters
    ----------
    history : a record an epoch
    unseen_scores : (e, p, k) scores of the unseen patients at the epochs whose record has their loss
    weights : arrays by position, as a package keeps them; empty for a fold, whose network nobody needs
    """

    history: tuple[EpochRecord, ...]
    unseen_scores: NDArray[np.float32]
    weights: dict[str, NDArray[np.floating]]


Executor = Callable[[Sequence[Job]], list[JobResult]]
"""Does jobs and gives their results in the same order."""


def do_job(job: Job, cohort: GroupSet, run: Path, progress: Progress | None = None) -> JobResult:
    """The job's result: read, when it was done before; otherwise worked out, and kept in the run's folder.

    Raises
    ------
    InputError
        as `dls.nn.fit.fit`.
    """
    folder = job.folder(run)
    done = read_result(folder)
    if done is not None:
        return done
    from dls.nn.distribution import is_chief
    from dls.nn.fit import fit
    from dls.nn.network import weight_arrays

    spec = MODELS[job.letter]
    groups, target = cohort.for_task(spec.task)

    def part(patients: tuple[int, ...] | None) -> tuple[GroupSet, NDArray[np.integer]]:
        if patients is None:
            return groups, target
        chosen = np.array(patients, dtype=np.int64)
        return groups.select(chosen), target[chosen]

    fitted = fit(
        spec,
        part(job.seen),
        job.config,
        progress,
        unseen=None if job.unseen is None else part(job.unseen),
        folder=folder,
        stop_after=job.stop_after,
    )
    weights = {} if job.unseen is not None else weight_arrays(fitted.network)
    result = JobResult(fitted.history, fitted.unseen_scores, weights)
    if is_chief(job.config):
        write_result(folder, result)
        (folder / CHECKPOINT_FILE).unlink(missing_ok=True)
        remove_leftovers(folder)
    return result


def write_result(folder: Path, result: JobResult) -> None:
    """Keep a job's result, all or nothing."""
    history = json.dumps([asdict(record) for record in result.history])
    weights = {f"w{name}": array for name, array in result.weights.items()}
    with new_file(folder / RESULT_FILE) as file:
        np.savez(file, history=np.array(history), unseen_scores=result.unseen_scores, **weights)  # type: ignore[arg-type]


def read_result(folder: Path) -> JobResult | None:
    """The result in a job's folder, or None while there is none."""
    path = folder / RESULT_FILE
    if not path.is_file():
        return None
    with np.load(path, allow_pickle=False) as archive:
        return JobResult(
            tuple(EpochRecord(**record) for record in json.loads(str(archive["history"]))),
            archive["unseen_scores"],
            {name[1:]: archive[name] for name in archive.files if name.startswith("w")},
        )
