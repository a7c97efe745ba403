"""Progress on standard error: one line that moves on a terminal, a line every two seconds elsewhere."""

from __future__ import annotations

import sys
import time

_last = 0.0


def print_progress(done: int, total: int, what: str) -> None:
    """Show `done` of `total` steps of `what`; the last step is always shown."""
    global _last  # noqa: PLW0603  the time of the last line belongs to the process' one standard error
    now = time.monotonic()
    if sys.stderr.isatty():
        end = "\n" if done >= total else ""
        print(f"\r\033[K{what}: {done}/{total}", end=end, file=sys.stderr, flush=True)
    elif done >= total or now - _last >= 2:
        print(f"{what}: {done}/{total}", file=sys.stderr, flush=True)
        _last = now
