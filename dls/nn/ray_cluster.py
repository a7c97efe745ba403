"""Jobs spread over a Ray cluster; the one place where Ray is imported.

Ray is an extra (the version is pinned in requirements-dev.txt).  Its machines need the same Python
packages; this package's own source travels with the jobs.  The run's folder must be the same on all of them
(a shared file system) for a killed cluster to be taken up in the middle of a job; results come back to the
caller and are kept there either way.
"""

from __future__ import annotations

import re
import socket
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import dls
from dls.errors import DLSError, InputError
from dls.nn.data import GroupSet
from dls.nn.jobs import Executor, Job, JobResult, do_job, read_result, write_result
from dls.progress import Progress

KNOCK_S = 5


@contextmanager
def ray_executor(
    address: str, cohort: GroupSet, run: Path, progress: Progress | None = None
) -> Iterator[Executor]:
    """Executor over a cluster.

    Parameters
    ----------
    address : "host:port" or "ray://host:port" of a cluster, "auto" for this machine's, or "local" for one
        that is started now and stopped at the end, with a worker for each processor or GPU, or "local:2" with
        two

    Raises
    ------
    InputError
        when Ray is not installed or the cluster does not answer.
    """
    ray = _ray()
    local = re.fullmatch(r"local(?::(\d+))?", address)
    options: dict[str, Any]
    if local:
        options = {"num_cpus": int(local[1]) if local[1] else None, "include_dashboard": False}
    else:
        _knock(address)
        source = str(Path(dls.__file__).parent)
        options = {"address": address, "runtime_env": {"py_modules": [source]}}
    try:
        ray.init(log_to_driver=False, logging_level="error", **options)
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
    results = {i: found for i, job in enumerate(jobs) if (found := read_result(job.folder(run)))}
    waiting = {submit(job): i for i, job in enumerate(jobs) if i not in results}
    while waiting:
        for reference in ray.wait(list(waiting))[0]:
            i = waiting.pop(reference)
            results[i] = _result(reference)
            if read_result(jobs[i].folder(run)) is None:
                write_result(jobs[i].folder(run), results[i])
            if progress is not None:
                progress(len(results), len(jobs), f"Model {jobs[i].letter}: {jobs[i].name} done")
    return [results[i] for i in range(len(jobs))]


def _result(reference: Any) -> JobResult:
    """What a worker gave; an error that is meant for users is raised as such."""
    ray = _ray()
    try:
        result: JobResult = ray.get(reference)
    except ray.exceptions.RayTaskError as error:
        if isinstance(error.cause, DLSError):
            raise error.cause from error
        raise
    return result


def _do_job(job: Job, cohort: GroupSet, run: Path) -> JobResult:
    return do_job(job, cohort, run)


def _knock(address: str) -> None:
    """Find out within seconds whether anyone listens: Ray itself would try for minutes."""
    host, _, port = address.removeprefix("ray://").rpartition(":")
    if not port.isdigit():
        return
    try:
        socket.create_connection((host, int(port)), timeout=KNOCK_S).close()
    except OSError as error:
        raise InputError("The Ray cluster does not answer", expected=address, got=str(error)) from error


def _ray() -> Any:
    try:
        import ray
    except ImportError as error:
        raise InputError(
            "Ray is not installed", expected="the package ray", remedy="install the extra: pip install ray"
        ) from error
    return ray
