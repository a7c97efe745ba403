"""Jobs spread over a Ray cluster; the one place where Ray is imported.

Ray is an extra (the version is pinned in requirements-dev.txt).  Its machines need the same Python
packages; this package's own source travels with the jobs.  The run's folder must be the same on all of them
(a shared file system) for a killed cluster to be taken up in the middle of a job; results come back to the
caller and are kept there either way.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import dls
from dls.errors import DLSError, InputError
from dls.nn.data import GroupSet
from dls.nn.jobs import Executor, Job, JobResult, do_job, read_result, write_result

Progress = Callable[[int, int, str], None]


@contextmanager
def ray_executor(
    address: str, cohort: GroupSet, run: Path, progress: Progress | None = None
) -> Iterator[Executor]:
    """Executor over a cluster.

    Parameters
    ----------
    address : "host:port" or "ray://host:port" of a cluster, "auto" for this machine's, or "local" for one
        that is started now, with a worker for each processor or GPU, and stopped at the end

    Raises
    ------
    InputError
        when Ray is not installed or the cluster does not answer.
    """
    ray = _ray()
    source = {"py_modules": [str(Path(dls.__file__).parent)]}
    try:
        ray.init(
            None if address == "local" else address,
            runtime_env={} if address == "local" else source,
            include_dashboard=False if address == "local" else None,
            log_to_driver=False,
            logging_level="error",
        )
    except (ConnectionError, RuntimeError, ValueError) as error:
        raise InputError(
            "The Ray cluster does not answer", expected=address, got=str(error).splitlines()[0]
        ) from error
    try:
        gpus = 1 if ray.cluster_resources().get("GPU") else 0
        remote = ray.remote(num_cpus=1, num_gpus=gpus, max_retries=2)(_do_job)
        shared = ray.put(cohort)
        yield lambda jobs: _all_done(lambda job: remote.remote(job, shared, run), jobs, run, progress)
    finally:
        ray.shutdown()


def _all_done(
    submit: Callable[[Job], Any], jobs: Sequence[Job], run: Path, progress: Progress | None
) -> list[JobResult]:
    """Results in the order of the jobs; those that were done before are read, not done again."""
    ray = _ray()
    results = {job: read_result(job.folder(run)) for job in jobs}
    waiting = {submit(job): job for job in jobs if results[job] is None}
    while waiting:
        for reference in ray.wait(list(waiting))[0]:
            job = waiting.pop(reference)
            try:
                result = ray.get(reference)
            except ray.exceptions.RayTaskError as error:
                if isinstance(error.cause, DLSError):
                    raise error.cause from error
                raise
            results[job] = result
            if read_result(job.folder(run)) is None:
                write_result(job.folder(run), result)
            if progress is not None:
                done = sum(r is not None for r in results.values())
                progress(done, len(jobs), f"Model {job.letter}: {job.name} done")
    return [result for result in results.values() if result is not None]


def _do_job(job: Job, cohort: GroupSet, run: Path) -> JobResult:
    return do_job(job, cohort, run)


def _ray() -> Any:
    try:
        import ray
    except ImportError as error:
        raise InputError(
            "Ray is not installed", expected="the package ray", remedy="install the extra: pip install ray"
        ) from error
    return ray
