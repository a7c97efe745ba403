"""From start-up to shut-down: the configuration is checked, the log takes its form, jobs are done."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from dls.ui import context, job_queue
from dls.ui.logs import write_json_lines

FORWARDED = "FORWARDED_ALLOW_IPS"
"""Variable by which uvicorn knows whose X-Forwarded headers to believe; unset, it believes this machine's."""


def believe_proxies() -> None:
    """Let uvicorn believe the proxies of the configuration and nobody else; before the server starts.

    Raises
    ------
    InputError
        when the configuration cannot be used: the server does not start.
    """
    os.environ[FORWARDED] = ",".join(context.settings().trusted_proxies)


@asynccontextmanager
async def lifespan(app: Any) -> AsyncIterator[dict[str, Any]]:
    """Everything that begins and ends with the application."""
    if context.settings().log_format == "json":
        write_json_lines()
    async with job_queue.lifespan(app) as state:
        yield state
