"""Jobs of a study from the command line: the same work that pages ask for, done here, with its progress."""

from __future__ import annotations

import argparse
import time
from collections.abc import Mapping
from typing import Any

from dls.cli.home import store_of
from dls.cli.progress import print_progress
from dls.errors import DLSError


def do_job(args: argparse.Namespace, kind: str, settings: Mapping[str, Any]) -> int:
    """Ask for a job in the study of `--home`, do it (or wait for the application that does), print its end.

    Raises
    ------
    DLSError
        when the job fails or is cancelled.
    """
    from dls.case_regions import update_regions
    from dls.imaging.archive import ImageArchive
    from dls.jobs.runner import Runner
    from dls.jobs.works import WORKS
    from dls.nn.worker import Worker
    from dls.study import jobs
    from dls.study.jobs import State

    store = store_of(args)

    def images(case_id: int) -> ImageArchive:
        from dls.demo.images import render_case

        archive, source = ImageArchive(args.home / "images"), store.case(case_id).image_source
        if not archive.has(case_id) and source.startswith("phantom:"):
            render_case(archive.root, case_id, source)
        update_regions(store, archive, case_id)
        return archive

    number = jobs.ask(store, kind, settings)
    worker = Worker()
    runner = Runner(lambda: store, args.home, images, lambda: worker, WORKS)
    runner.start()
    try:
        while not (job := jobs.get(store, number)).state.over:
            if job.total:
                print_progress(job.done, job.total, job.step)
            time.sleep(0.2)
    finally:
        runner.close()
        worker.close()
    if job.state is not State.DONE:
        raise DLSError(job.message or f"The job was {job.state}")
    print(job.message)
    return 0
