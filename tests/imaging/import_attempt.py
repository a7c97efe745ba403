"""One try to import one file, and what must hold whatever the file is."""

import time
import tracemalloc
from contextlib import suppress
from pathlib import Path

from dls.errors import DLSError
from dls.imaging.delivery import FOLDER
from dls.imaging.gate import check
from dls.imaging.headers import headers_in
from dls.imaging.reception import receive
from dls.imaging.sources import Incoming

SLOWEST_SECONDS = 10.0
"""Of work, whatever else the machine does meanwhile."""
MOST_MEMORY = 600 * 2**20


def attempt(label: str, data: bytes, scratch: Path, memory: bool = False) -> str:
    """The code of the refusal, its class where it has none, or `taken`.

    Raises
    ------
    AssertionError
        when the import crashed, hung, used too much memory or left something half-imported.
    """
    home = scratch / f"home {abs(hash(label))}"
    if memory:
        tracemalloc.start()
    start = time.process_time()
    try:
        headers = headers_in(data, Path("file.dcm"))
        if headers:
            with suppress(DLSError):  # one file is seldom a volume; the gate must say so in its own words
                check(headers)
        receive([Incoming("file.dcm", data)], home, "folder")
        outcome = "taken"
    except DLSError as error:
        outcome = error.code or type(error).__name__
    except Exception as error:
        raise AssertionError(f"{label}: {type(error).__name__}: {error}") from error
    assert time.process_time() - start < SLOWEST_SECONDS, label
    if memory:
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert peak < MOST_MEMORY, f"{label}: {peak / 2**20:.0f} MiB"
    finished = [p for p in (home / FOLDER).glob("*") if not p.name.startswith(".")]
    assert len(finished) == (outcome == "taken"), label
    return outcome
