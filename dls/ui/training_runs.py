"""The trainings of this home, as the Training page shows them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from dls.analysis.printed import DASH
from dls.figures.training import Course
from dls.nn.history import EpochRecord, fold_course
from dls.nn.run_folder import JobState, RunState, list_runs, read_run
from dls.ui import context


def training_folder() -> Path:
    """Folder of the trainings' runs, where `python -m dls train` keeps them."""
    return context.home() / "training"


def runs() -> dict[str, Path]:
    """Folders of the runs by name, the one that moved last first."""
    return {folder.name: folder for folder in list_runs(training_folder())}


def state_of(folder: Path) -> RunState:
    """A run as it is now."""
    return read_run(folder)


def letters(run: RunState) -> list[str]:
    """Models that the run has begun."""
    return sorted({job.letter for job in run.jobs})


def jobs_of(run: RunState, letter: str) -> list[JobState]:
    """The networks of one model, folds first."""
    return [job for job in run.jobs if job.letter == letter]


def job_table(jobs: Sequence[JobState]) -> pd.DataFrame:
    """A row a network: how far it is, what its last epoch gave, and its last look at unseen patients."""
    return pd.DataFrame([_job_row(job) for job in jobs])


def _job_row(job: JobState) -> dict[str, str]:
    last = job.history[-1] if job.history else None
    looked = next((record for record in reversed(job.history) if record.unseen_loss is not None), None)
    return {
        "Network": job_label(job),
        "State": "done" if job.done else "training",
        "Epochs": str(len(job.history)),
        "Seconds per epoch": _printed(last, "seconds", ".1f"),
        "Loss": _printed(last, "loss"),
        "Accuracy": _printed(last, "accuracy"),
        "Unseen, at epoch": _printed(looked, "epoch", "d"),
        "Unseen loss": _printed(looked, "unseen_loss"),
        "Unseen accuracy": _printed(looked, "unseen_accuracy"),
    }


def _printed(record: EpochRecord | None, name: str, form: str = ".3f") -> str:
    return DASH if record is None else format(getattr(record, name), form)


def job_label(job: JobState) -> str:
    """Name of a network in words: "setting 1, fold 2", or "all patients"."""
    if job.name == "final":
        return "all patients"
    setting, _, fold = job.name.removeprefix("setting-").partition("-fold-")
    return f"setting {setting}, fold {fold}"


def courses_of(jobs: Sequence[JobState]) -> list[Course]:
    """Courses to draw, the networks without a finished epoch left out."""
    drawn = []
    for job in jobs:
        columns: dict[str, Any] = fold_course(job.history)
        if job.history:
            drawn.append(Course(job_label(job), **columns))
    return drawn


def report_of(run: RunState, letter: str) -> str | None:
    """The finished model's training report as HTML, or None before that."""
    path = run.folder / letter / "report.html"
    return path.read_text(encoding="utf-8") if path.is_file() else None
