"""Who has a room open at this moment, kept in memory only: a joint session sees whether all are there."""

from __future__ import annotations

import threading
import time
from collections import defaultdict
from collections.abc import Callable, Hashable

GONE_AFTER_S = 6.0
"""Several times as long as rooms take from one sign of life to the next."""


class Presence:
    """Signs of life by place and person.

    Parameters
    ----------
    clock : seconds that never go back; replaced in tests
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._seen: defaultdict[Hashable, dict[int, float]] = defaultdict(dict)

    def note(self, place: Hashable, person: int) -> int:
        """Somebody is at a place; returns how many people are there now."""
        now = self._clock()
        with self._lock:
            self._seen[place][person] = now
            for where in [*self._seen]:
                here = {p: at for p, at in self._seen[where].items() if now - at < GONE_AFTER_S}
                if here:
                    self._seen[where] = here
                else:
                    del self._seen[where]
            return len(self._seen[place])
