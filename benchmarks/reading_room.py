"""Row 3 and memory: twenty readers at once, at twenty times human speed, over HTTP.

python -m benchmarks.reading_room [--readers 20] [--cases 10] [--look 1.0]

Each reader fetches the case and its six volumes, looks, saves three drafts and signs.  "Save and next" is the
signature's acknowledgement plus the next case's description, as the reading room waits for them.  Goals: 95 %
of them within 1 s on two cores, the server within 1.5 GiB.
"""

from __future__ import annotations

import argparse
import http.client
import json
import random
import statistics
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from http.client import HTTPMessage
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

from benchmarks.served_study import PASSWORD, make_study, served
from dls.study.accounts import account_named
from dls.study.reading import next_assignment
from dls.study.store import Store

DRAFTS = 3


@dataclass
class Reader:
    """One reader's connection, and how long each save and next case took, in seconds."""

    host: str
    name: str
    look: float
    took: list[float] = field(default_factory=list)
    cookie: dict[str, str] = field(default_factory=dict)

    def work(self, code: str | None) -> list[float]:
        """Read from this case on until the worklist is empty."""
        self.connection = http.client.HTTPConnection(self.host, timeout=60)
        form = urlencode({"username": self.name, "password": PASSWORD})
        _, answered = self._request(
            "POST", "/sign-in", form, {"Content-Type": "application/x-www-form-urlencoded"}
        )
        self.cookie = {"Cookie": answered["Set-Cookie"].split(";")[0]}
        while code is not None:
            code = self._read(code)
        self.connection.close()
        return self.took

    def _read(self, code: str) -> str | None:
        study = json.loads(self._get(f"/readings/{code}"))
        for series in study["series"]:
            self._get("/" + series["url"], {"Accept-Encoding": "gzip"})
        answer = {"lesion_class": random.randrange(7), "malignancy": random.randrange(101), "comment": ""}
        for _ in range(DRAFTS):
            time.sleep(random.uniform(0.5, 1.5) * self.look / DRAFTS)
            self._send("PUT", f"/readings/{code}/draft", {**answer, "active_seconds": 1, "opened_at": 1})
        began = time.perf_counter()
        entry = {**answer, "active_seconds": 1, "wall_seconds": 1}
        following: str | None = self._send("POST", f"/readings/{code}/sign", entry)["next"]
        if following is not None:
            self._get(f"/readings/{following}")
        self.took.append(time.perf_counter() - began)
        return following

    def _get(self, path: str, headers: dict[str, str] | None = None) -> bytes:
        return self._request("GET", path, None, headers or {})[0]

    def _send(self, method: str, path: str, content: dict[str, Any]) -> Any:
        headers = {"X-DLS-Request": "1", "Content-Type": "application/json"}
        return json.loads(self._request(method, path, json.dumps(content), headers)[0])

    def _request(
        self, method: str, path: str, body: str | None, headers: dict[str, str]
    ) -> tuple[bytes, HTTPMessage]:
        self.connection.request(method, path, body, {**headers, **self.cookie})
        answer = self.connection.getresponse()
        content = answer.read()
        if answer.status >= 400:
            raise RuntimeError(f"{method} {path}: {answer.status} {content!r}")
        return content, answer.headers


def main() -> None:
    """Let all readers work at once and print the distribution."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--readers", type=int, default=20)
    parser.add_argument("--cases", type=int, default=10)
    parser.add_argument("--look", type=float, default=1.0, help="mean seconds a reader looks at a case")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        store = make_study(Path(folder), readers=options.readers, cases=options.cases)
        with served(Path(folder)) as (url, pid), ThreadPoolExecutor(options.readers) as pool:
            host = urlsplit(url).netloc
            readers = [Reader(host, f"reader{n + 1}", options.look) for n in range(options.readers)]
            began = time.perf_counter()
            took = [t for times in pool.map(lambda r: r.work(_first(store, r.name)), readers) for t in times]
            elapsed = time.perf_counter() - began
            memory = _peak_mib(pid)
        stored = len(store.readings())
    print(f"{len(took)} signatures of {options.readers} readers in {elapsed:.1f} s; {stored} readings stored")
    p95 = statistics.quantiles(took, n=20)[-1]
    print(f"save and next: median {statistics.median(took) * 1000:.0f} ms, 95 % {p95 * 1000:.0f} ms, "
          f"longest {max(took) * 1000:.0f} ms")  # fmt: skip
    print(f"server's peak memory: {memory:.0f} MiB")


def _first(store: Store, name: str) -> str | None:
    found = next_assignment(store, account_named(store, name).id)
    return found.code if found else None


def _peak_mib(pid: int) -> float:
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmHWM"):
            return int(line.split()[1]) / 1024
    raise RuntimeError("the kernel does not tell the peak of memory")


if __name__ == "__main__":
    main()
