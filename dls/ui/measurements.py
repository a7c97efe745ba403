"""What the server measures of itself: how long requests took, by pattern of the route; and its memory.

Text format: Prometheus, Exposition formats, version 0.0.4.
"""

from __future__ import annotations

import threading
import time
from bisect import bisect_left
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from dls import __version__
from dls.study.activity import activity
from dls.study.store import Store

BOUNDS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
"""Upper bounds of the histogram, in seconds."""
STARTED = time.time()


@dataclass(slots=True)
class Latencies:
    """Histogram of the seconds that requests took, by method, route and status; safe from several threads."""

    _counts: dict[tuple[str, str, str], list[int]] = field(default_factory=dict)
    _sums: dict[tuple[str, str, str], float] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count one request."""
        key = (method, route, f"{status // 100}xx")
        with self._lock:
            counts = self._counts.setdefault(key, [0] * (len(BOUNDS) + 1))
            counts[bisect_left(BOUNDS, seconds)] += 1
            self._sums[key] = self._sums.get(key, 0.0) + seconds

    def lines(self, name: str) -> Iterable[str]:
        """Text of the histogram."""
        with self._lock:
            found = [(key, list(counts), self._sums[key]) for key, counts in self._counts.items()]
        for (method, route, status), counts, total in sorted(found):
            labels = {"method": method, "route": route, "status": status}
            reached = 0
            for bound, count in zip((*map(str, BOUNDS), "+Inf"), counts, strict=True):
                reached += count
                yield _sample(f"{name}_bucket", labels | {"le": bound}, reached)
            yield _sample(f"{name}_sum", labels, round(total, 6))
            yield _sample(f"{name}_count", labels, reached)


LATENCIES = Latencies()


def exposition(store: Store) -> str:
    """Everything measured; counts only, nothing about a patient or a person."""
    counted = activity(store)
    lines = [
        *_metric("dls_info", "gauge", "Version of the program.", [({"version": __version__}, 1)]),
        *_metric("dls_start_time_seconds", "gauge", "Start of the process.", [({}, round(STARTED, 3))]),
        *_metric("dls_readings", "gauge", "Signed readings in the database.", [({}, counted.readings)]),
        *_metric(
            "dls_sign_ins_total",
            "counter",
            "Sign-ins, by outcome.",
            [({"outcome": name}, count) for name, count in counted.sign_ins.items()],
        ),
        *_metric(
            "dls_jobs",
            "gauge",
            "Jobs, by state.",
            [({"state": name}, count) for name, count in counted.jobs.items()],
        ),
        *_metric("dls_memory_bytes", "gauge", "Resident memory of the process.", [({}, resident_bytes())]),
        "# HELP dls_request_seconds Seconds that requests took.",
        "# TYPE dls_request_seconds histogram",
        *LATENCIES.lines("dls_request_seconds"),
    ]
    return "\n".join(lines) + "\n"


def resident_bytes() -> int:
    """Resident memory of this process (Linux, proc(5): VmRSS); 0 where the system does not say."""
    status = Path("/proc/self/status")
    if not status.is_file():
        return 0
    found = next((line for line in status.read_text().splitlines() if line.startswith("VmRSS:")), "VmRSS: 0")
    return int(found.split()[1]) * 1024


def _metric(
    name: str, kind: str, meaning: str, samples: Iterable[tuple[Mapping[str, str], float]]
) -> list[str]:
    told = [_sample(name, labels, value) for labels, value in samples]
    return [f"# HELP {name} {meaning}", f"# TYPE {name} {kind}", *told]


def _sample(name: str, labels: Mapping[str, str], value: float) -> str:
    """One line; backslash, quote and line feed in a label are escaped as the format asks."""
    told = ",".join(
        '{}="{}"'.format(key, text.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n"))
        for key, text in labels.items()
    )
    return f"{name}{{{told}}} {value}" if told else f"{name} {value}"
