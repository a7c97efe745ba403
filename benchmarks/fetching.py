"""A phantom patient's study from a local Orthanc by DICOMweb, C-GET and C-MOVE.

    python -m benchmarks.fetching

Needs Debian's orthanc and orthanc-dicomweb; the server runs on free ports of this machine and is ended
afterwards.  Each way is timed twice: as the application fetches, every image checked and de-identified in
memory and a copy written to a delivery; and into a plain folder of originals.  Medians of rounds in which
the ways take turns; each round begins with nothing received.  Beside the time by the clock stands the
processor time of this process, without the server's, which other work on the machine changes less.
"""

from __future__ import annotations

import argparse
import os
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from dls.imaging.dicom import write_series
from dls.imaging.pacs.delivering import deliver
from dls.imaging.pacs.peers import Peer, Retrieval
from dls.imaging.pacs.transfer import fetch, send
from dls.phantom.cohort import validation_cohort
from dls.phantom.render import render
from tests.imaging.pacs.orthanc import Pacs


def write_phantom(folder: Path) -> tuple[list[Path], str]:
    """Files of the first patient of the validation cohort, and the UID of the study."""
    made = render(validation_cohort()[0]).series
    for series in made:
        write_series(folder / series.sequence.slug, series.voxels, series.geometry, series.tags)
    return sorted(folder.rglob("*.dcm")), str(made[0].tags["StudyInstanceUID"])


def delivered(peer: Peer, study_uid: str, folder: Path) -> int:
    """Files of the study, fetched as the application does."""
    return deliver(peer, study_uid, folder).files


def originals(peer: Peer, study_uid: str, folder: Path) -> int:
    """Files of the study, fetched as they are."""
    return len(fetch(peer, study_uid, folder).files)


def seconds(
    call: Callable[[Peer, str, Path], int], peer: Peer, study_uid: str, expected: int
) -> tuple[float, float]:
    """Time by the clock and processor time of one fetch into an empty folder, which must bring every file."""
    with tempfile.TemporaryDirectory() as folder:
        start, used = time.perf_counter(), time.process_time()
        count = call(peer, study_uid, Path(folder) / "here")
        took = time.perf_counter() - start, time.process_time() - used
    if count != expected:
        raise AssertionError(f"{count} of {expected} files came")
    return took


def main() -> None:
    """Send the study, fetch it by each way in turn, print medians and the load."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    rounds = parser.parse_args().rounds
    with tempfile.TemporaryDirectory() as name:
        (folder := Path(name) / "orthanc").mkdir()
        pacs = Pacs(folder, relayed=False)
        try:
            pacs.start()
            files, study_uid = write_phantom(Path(name) / "study")
            send(pacs.web, files)
            print(f"{len(files)} files, {sum(f.stat().st_size for f in files) / 2**20:.0f} MiB")
            ways: dict[str, Peer] = {
                "DICOMweb": pacs.web,
                "C-GET": pacs.dimse(Retrieval.GET),
                "C-MOVE": pacs.dimse(Retrieval.MOVE),
            }
            times: dict[tuple[str, str], list[tuple[float, float]]] = {}
            for _ in range(rounds):
                for way, peer in ways.items():
                    for call in (delivered, originals):
                        took = seconds(call, peer, study_uid, len(files))
                        times.setdefault((way, call.__name__), []).append(took)
        finally:
            pacs.close()
    for (way, what), values in times.items():
        clock, processor = zip(*values, strict=True)
        print(
            f"{way:<9} {what:<10} median {statistics.median(clock):.2f} s "
            f"({min(clock):.2f}-{max(clock):.2f} s, {rounds} rounds), "
            f"processor {statistics.median(processor):.2f} s"
        )
    print(f"load at the end {os.getloadavg()[0]:.1f}")


if __name__ == "__main__":
    main()
