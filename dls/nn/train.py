"""Training of a model from a cohort's image groups to its package: folds, choice, final training.

Importing this module does not load TensorFlow; calling `train` does.
"""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from dls.domain import LesionClass, ModelSpec, model_spec
from dls.nn.config import TrainingConfig
from dls.nn.cross_validation import CrossValidation, conclude, fold_jobs
from dls.nn.data import GroupSet
from dls.nn.history import fold_course
from dls.nn.jobs import Executor, Job, JobResult, do_job
from dls.nn.package import ModelPackage, save_package
from dls.nn.ray_cluster import ray_executor
from dls.nn.run_folder import only_one, open_run, versions
from dls.progress import Progress


@dataclass(frozen=True, slots=True)
class _Run:
    """What the models of one run share."""

    cohort: GroupSet
    config: TrainingConfig
    out: Path
    folder: Path
    begun_on: str


def train(
    letter: str,
    groups: GroupSet,
    config: TrainingConfig,
    out: Path,
    progress: Progress | None = None,
    *,
    trained_on: str = "",
    run: Path | None = None,
    ray_address: str | None = None,
) -> ModelPackage:
    """Train one of the models on every applicable patient and write its package to `out / letter`.

    Parameters and errors as for `train_models`.
    """
    (package,) = train_models(
        [letter], groups, config, out, progress, trained_on=trained_on, run=run, ray_address=ray_address
    )
    return package


def train_models(
    letters: Sequence[str],
    groups: GroupSet,
    config: TrainingConfig,
    out: Path,
    progress: Progress | None = None,
    *,
    trained_on: str = "",
    run: Path | None = None,
    ray_address: str | None = None,
) -> list[ModelPackage]:
    """Train models on every applicable patient and write their packages to `out / letter`.

    With folds, those come first; they choose the setting and the number of epochs, and their unseen patients
    give the metrics and the temperature.

    Parameters
    ----------
    letters : of A to G
    groups : the training cohort
    trained_on : date for the provenance, ISO 8601; a run that is taken up again keeps its own
    run : folder for checkpoints, histories and results; the same call takes a killed run up again.  None
        keeps nothing
    ray_address : Ray cluster to spread folds and models over (see `dls.nn.ray_cluster`); None trains here,
        one after the other

    Returns
    -------
    the packages, in the order of the letters; none from the machines of a TF_CONFIG that do not write results

    Raises
    ------
    InputError
        when a letter is unknown, a class is absent or has fewer patients than folds, training diverges, or
        `run` holds another training.
    ConflictError
        when another process is training the same model of the same run.
    """
    specs = [model_spec(letter) for letter in letters]
    with _folder(run) as folder:
        begun_on = open_run(folder, config, groups.sha256, trained_on)
        one = _Run(groups, config, out, folder, begun_on)
        if ray_address is None:
            execute = _here(groups, folder, progress)
            return [package for spec in specs if (package := _train(spec, one, execute))]
        with (
            ray_executor(ray_address, groups, folder, progress) as execute,
            ThreadPoolExecutor(len(specs)) as threads,
        ):
            started = [threads.submit(_train, spec, one, execute) for spec in specs]
            return [package for model in started if (package := model.result())]


def _train(spec: ModelSpec, run: _Run, execute: Executor) -> ModelPackage | None:
    config = run.config
    applicable, target = run.cohort.for_task(spec.task)
    found: CrossValidation | None = None
    with only_one(run.folder, spec.letter, config):
        final = Job(spec.letter, "final", config)
        if config.folds:
            jobs = fold_jobs(spec, target, config, applicable.person)
            results = execute(jobs)
            found = conclude(spec, target, config, jobs, results)
            final = replace(final, config=found.config, stop_after=found.epochs)
        result = execute([final])[0]
        if not _writes(config):
            return None
        return save_package(
            run.out / spec.letter,
            letter=spec.letter,
            backbone=final.config.backbone,
            image_size=run.cohort.size,
            weights=result.weights,
            provenance=_provenance(run, applicable, final),
            metrics=(found.as_metrics() if found else {}) | {"training": _courses(result, found)},
        )


def _writes(config: TrainingConfig) -> bool:
    """Whether this process writes packages; one of several machines does."""
    if config.distribution != "multi_worker":
        return True
    from dls.nn.distribution import is_chief

    return is_chief(config)


def _here(cohort: GroupSet, run: Path, progress: Progress | None) -> Executor:
    """Executor in this process, one job after the other."""

    def execute(jobs: Sequence[Job]) -> list[JobResult]:
        return [do_job(job, cohort, run, _named(progress, job)) for job in jobs]

    return execute


def _named(progress: Progress | None, job: Job) -> Progress | None:
    if progress is None:
        return None
    return lambda done, total, what: progress(done, total, f"Model {job.letter} {job.name}: {what}")


@contextmanager
def _folder(run: Path | None) -> Iterator[Path]:
    if run is not None:
        yield run
        return
    with tempfile.TemporaryDirectory() as name:
        yield Path(name)


def _courses(final: JobResult, found: CrossValidation | None) -> dict[str, Any]:
    """Courses of the final training and of the folds."""
    course = {
        "loss": [round(record.loss, 5) for record in final.history],
        "accuracy": [round(record.accuracy, 5) for record in final.history],
    }
    return course | ({"folds": [fold_course(history) for history in found.histories]} if found else {})


def _provenance(run: _Run, applicable: GroupSet, final: Job) -> dict[str, Any]:
    counts = Counter(LesionClass(int(c)).label for c in applicable.lesion_class)
    return {
        "trained_on": run.begun_on,
        "configuration": asdict(final.config),
        "epochs": final.stop_after or final.config.epochs,
        "folds": run.config.folds,
        "cohort": {
            "sha256": run.cohort.sha256,
            "patients": applicable.persons,
            "groups": len(applicable.patient),
            "classes": dict(sorted(counts.items())),
            **({} if applicable.person is None else {"lesions": len(applicable.codes)}),
        },
        "versions": versions(),
    }
