"""Import of a six-sequence study (6 x 28 slices of 256 x 256) against SimpleITK's bare reading of its files.

    python -m benchmarks.importing

SimpleITK only reads pixels of series that it is told; the importer also finds, types and gates them, and
image groups are cut out at the paper's 299 x 299.  Medians of alternating runs, files in the page cache;
SimpleITK on one thread.  Goal: folder to groups within 3 s on two cores.
"""

import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import SimpleITK

from dls.domain import Sequence
from dls.geometry import Geometry
from dls.imaging.archive import ImageArchive
from dls.imaging.dicom import write_series
from dls.imaging.importer import import_study
from dls.imaging.preprocess import GroupCache, archived_groups, case_groups
from dls.imaging.regions import Regions
from dls.imaging.roi import Outline

GRID = Geometry((256, 256, 28), (-180.0, -160.0, -90.0), (1.4, 1.4, 7.0), (1, 0, 0, 0, 1, 0, 0, 0, 1))
IDENTIFIERS = {"PatientID": "benchmark", "StudyInstanceUID": "1.2.3", "FrameOfReferenceUID": "1.2.3.9"}
DYNAMIC = {
    "ScanningSequence": "GR",
    "EchoTime": 1.4,
    "RepetitionTime": 3.9,
    "ContrastBolusStartTime": "100000",
}
TAGS: dict[Sequence, dict[str, object]] = {
    Sequence.T2: {"ScanningSequence": "SE", "EchoTime": 90, "SeriesDescription": "T2 TSE fs"},
    Sequence.DWI: {"ScanningSequence": "EP", "EchoTime": 60, "DiffusionBValue": 800.0},
    Sequence.PRE: DYNAMIC | {"AcquisitionTime": "095800"},
    Sequence.ARTERIAL: DYNAMIC | {"AcquisitionTime": "100018"},
    Sequence.PORTAL: DYNAMIC | {"AcquisitionTime": "100100"},
    Sequence.EQUILIBRIUM: DYNAMIC | {"AcquisitionTime": "100300"},
}


def write_study(folder: Path) -> None:
    """A body of smooth signal with noise, which compresses about as real MR does."""
    rng = np.random.default_rng(0)
    k, j, i = np.indices(GRID.shape)
    body = 300 * np.exp(-(((i - 128) / 110) ** 4) - ((j - 128) / 90) ** 4) + 40 * np.sin(i / 9) * np.cos(
        j / 7 + k
    )
    for number, (sequence, tags) in enumerate(TAGS.items()):
        voxels = np.abs(body * (1 + number / 5) + rng.normal(0, 12, GRID.shape)).astype(np.int16)
        common = IDENTIFIERS | tags | {"SeriesInstanceUID": f"1.2.3.{number + 1}"}
        write_series(folder / sequence.slug, voxels, GRID, common)


def lesion() -> Outline:
    """A circle of 15 mm radius on five slices."""
    angle = np.linspace(0, 2 * np.pi, 60, endpoint=False)
    circle = np.column_stack([128 + 10.7 * np.cos(angle), 120 + 10.7 * np.sin(angle)])
    return Outline(tuple(GRID.to_patient(np.column_stack([circle, 0 * angle + k])) for k in range(11, 16)))


def bare_reading(folder: Path) -> None:
    """SimpleITK reading each series from its folder."""
    for sequence in Sequence:
        reader = SimpleITK.ImageSeriesReader()
        reader.SetFileNames(reader.GetGDCMSeriesFileNames(str(folder / sequence.slug)))
        reader.Execute()


def medians(work: dict[str, Callable[[], object]], repeats: int = 9) -> dict[str, float]:
    """Median seconds of each piece of work, run in turn."""
    times: dict[str, list[float]] = {name: [] for name in work}
    for _ in range(repeats):
        for name, function in work.items():
            start = time.perf_counter()
            function()
            times[name].append(time.perf_counter() - start)
    return {name: statistics.median(values) for name, values in times.items()}


def main() -> None:
    """Print seconds and the ratio."""
    SimpleITK.ProcessObject.SetGlobalDefaultNumberOfThreads(1)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "study"
        write_study(folder)
        volumes, outline, archive = (
            import_study(folder).volumes,
            lesion(),
            ImageArchive(Path(name) / "images"),
        )
        regions, cache = Regions.of_outline(outline), GroupCache(Path(name) / "groups")
        found = medians(
            {
                "SimpleITK, bare reading": lambda: bare_reading(folder),
                "import_study: folder to volumes": lambda: import_study(folder),
                "case_groups at 64": lambda: case_groups(volumes, regions, 64),
                "case_groups at 299": lambda: case_groups(volumes, regions),
                "folder to groups at 299": lambda: case_groups(import_study(folder).volumes, regions),
                "ImageArchive.put": lambda: archive.put(1, volumes, outline),
                "ImageArchive.volumes": lambda: archive.volumes(1),
                "groups from the archive": lambda: archived_groups(archive, 1),
                "groups from the cache": lambda: archived_groups(archive, 1, cache=cache),
            }
        )
    for what, seconds in found.items():
        print(f"{what:34s} {1000 * seconds:7.0f} ms")
    for what in ("import_study: folder to volumes", "folder to groups at 299"):
        print(f"{what} / bare reading   {found[what] / found['SimpleITK, bare reading']:.2f}")


if __name__ == "__main__":
    main()
