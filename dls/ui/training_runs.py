"""The trainings of this home, as the Training page shows them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from dls.figures.training import Course
from dls.nn.history import fold_course
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
    """A row a network: how far it is, and what its last epoch gave."""
    return pd.DataFrame(
        {
            "network": job_label(job),
            "state": "done" if job.done else "training",
            "epochs": len(job.history),
            "seconds per epoch": job.history[-1].seconds if job.history else None,
            "loss": job.history[-1].loss if job.history else None,
            "accuracy": job.history[-1].accuracy if job.history else None,
            "unseen loss": job.history[-1].unseen_loss if job.history else None,
            "unseen accuracy": job.history[-1].unseen_accuracy if job.history else None,
        }
        for job in jobs
    )


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
