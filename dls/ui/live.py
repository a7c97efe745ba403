"""Pages that follow the study or a training: they run again when something was written."""

from __future__ import annotations

from functools import cache
from typing import Any

import streamlit as st

from dls.nn.run_folder import change_counter
from dls.study import jobs
from dls.study.results_state import results_state
from dls.ui import context
from dls.ui.assets import component_source
from dls.ui.training_runs import training_folder


def follow_store() -> None:
    """Run this page again within about half a second of any change in the study store.

    Call it first on the page, before the store is read, so that no change falls between.
    The browser tab asks the route `/changes` twice a second, which costs the page nothing.
    """
    _follow("changes", results_state(context.store()))


def follow_training() -> None:
    """Run this page again when a training has moved on: an epoch or a network is done."""
    _follow("training/changes", change_counter(training_folder()))


def follow_jobs() -> None:
    """Run this page again when a job has moved on."""
    _follow("jobs/changes", jobs.change_counter(context.store()))


def _follow(address: str, seen: int | str) -> None:
    _follower()(
        key=f"follow {address}",
        data={"seen": seen, "address": address},
        on_changed_change=lambda: None,
    )


@cache
def _follower() -> Any:
    return st.components.v2.component("dls_follow_store", js=component_source("follow_store.js"))
