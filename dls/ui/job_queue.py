"""The application's runner of jobs and the one process with the networks, from start-up to shut-down."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import cache
from typing import Any

import streamlit as st
from anyio import to_thread

from dls.jobs.runner import Runner
from dls.jobs.works import WORKS
from dls.nn.worker import Worker
from dls.study import jobs
from dls.study.accounts import Role
from dls.study.jobs import Job, State
from dls.study.store import Store
from dls.ui import context
from dls.ui.session import require

WORDS = {
    "predict": "Run the models",
    "try": "Try the package",
    "explain": "Explain the cases",
    "map": "Make the map",
    "project": "Put cases into the map",
}
"""What the buttons call the kinds of `dls.jobs`."""
_ICONS = {
    State.WAITING: "schedule",
    State.RUNNING: "progress_activity",
    State.DONE: "check",
    State.FAILED: "error",
    State.CANCELLED: "cancel",
}


@cache
def worker() -> Worker:
    """The process with the networks; it starts with the first call."""
    return Worker()


@asynccontextmanager
async def lifespan(_app: Any) -> AsyncIterator[dict[str, Any]]:
    """Do jobs while the application runs; one that is under way at its end waits for the next start."""
    runner = Runner(_store, context.home(), context.ensure_regions, worker, WORKS)
    runner.start()
    try:
        yield {}
    finally:
        await to_thread.run_sync(runner.close)


def show_jobs(*, may_cancel: bool, kinds: tuple[str, ...] = ()) -> None:
    """Newest jobs, those of some kinds or all, with their progress; call `live.follow_jobs` on the page."""
    listed = [j for j in jobs.newest(context.store(), 50) if not kinds or j.kind in kinds][:8]
    if not listed:
        st.caption("No job has been started yet.")
    for job in listed:
        _show(job, may_cancel=may_cancel)


def _show(job: Job, *, may_cancel: bool) -> None:
    name, state, button = st.columns([4, 6, 1], vertical_alignment="center")
    settings = ", ".join(_words(v) for v in job.settings.values() if v not in ([], "", 0))
    asked = f"{WORDS[job.kind]}: {settings}" if settings else WORDS[job.kind]
    name.markdown(f":material/{_ICONS[job.state]}: {asked}")
    if job.state is State.RUNNING and job.total:
        state.progress(min(job.done / job.total, 1.0), f"{job.step}: {job.done} of {job.total}")
    elif job.state is State.FAILED:
        state.error(job.message)
    else:
        state.caption(job.message or job.state.value)
    if may_cancel and not job.state.over and not job.cancelling:
        button.button(
            "",
            icon=":material/close:",
            help="Cancel",
            key=f"cancel {job.id}",
            on_click=_cancel,
            args=(job.id,),
        )


def _cancel(job: int) -> None:
    who = require(Role.ADMINISTRATOR, Role.INVESTIGATOR)
    if not jobs.get(context.store(), job).state.over:
        jobs.cancel(context.store(), job, by=who.id)


def _words(value: object) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)[:12]


def _store() -> Store | None:
    return context.store() if (context.home() / "study.db").is_file() else None
