"""Trying a package of the registry: its network is built and run once, in the process that holds networks."""

from __future__ import annotations

from dls.jobs.context import JobContext
from dls.nn.registry import try_package
from dls.study.jobs import Job

KIND = "try"


def try_registered(context: JobContext, job: Job) -> str:
    """Build and run the package with the hash in the setting `sha256`."""
    package = context.registry.get(str(job.settings["sha256"]))
    trial = context.run(try_package, package.folder)
    return (
        f"{package.spec.name} {package.sha256[:12]}: {trial.weights:,} weights fit and the answer is finite"
    )
