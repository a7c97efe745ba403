"""Damaged, deep, odd and hostile input: refused in words, at once, within memory, nothing half-imported.

A bounded part of what `benchmarks/fuzzing.py` runs for longer.
"""

import os
import time
import tracemalloc
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from dls.errors import InputError
from dls.imaging.dataset import dataset_of
from dls.imaging.delivery import FOLDER, volumes
from dls.imaging.gate import check
from dls.imaging.headers import headers_in
from dls.imaging.importer import import_study
from dls.imaging.pixels import stored_values
from dls.imaging.reception import receive
from dls.imaging.sources import Incoming, folder_files
from dls.imaging.staging import PARTIAL
from tests.imaging.import_attempt import SLOWEST_SECONDS, attempt
from tests.imaging.mutations import MUTATIONS, SEEDS, mutated, nested, originals
from tests.imaging.series import change

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning:pydicom")
ROUNDS = int(os.environ.get("DLS_FUZZ_ROUNDS", "4"))


def test_mutated_real_files(tmp_path):
    outcomes = Counter(attempt(label, data, tmp_path) for label, data in mutated(ROUNDS))
    assert outcomes.total() == ROUNDS * len(SEEDS) * len(MUTATIONS)
    assert len(outcomes) > 4, "mutations that do nothing"


@pytest.mark.parametrize("name", SEEDS, ids=[n[-20:] for n in SEEDS])
def test_truncated_at_every_percent(name, tmp_path):
    """Cut before the end of its pixels a file is refused; behind it (padding may follow) nothing is lost."""
    data = originals()[name]
    cuts = {p: data[: len(data) * p // 100] for p in range(100)}
    outcomes = {p: attempt(f"{name} {p} %", cut, tmp_path) for p, cut in cuts.items()}
    assert set(outcomes.values()) <= {"taken", "cut-short", "not-dicom", "unreadable-header", "InputError"}
    for percent in (p for p, outcome in outcomes.items() if outcome == "taken"):
        whole, part = (stored_values(dataset_of(d, name)) for d in (data, cuts[percent]))
        np.testing.assert_array_equal(part, whole)
    assert Counter(outcomes.values())["taken"] < 5


@pytest.mark.parametrize("depth", [10, 900, 5_000, 100_000])
def test_sequences_within_sequences(depth, tmp_path):
    assert attempt(f"depth {depth}", nested(depth), tmp_path) != "taken"


def test_a_header_of_tiny_elements_is_cut_off(tmp_path):
    data = nested(0) + b"\x09\x00\x10\x10LO\x00\x00" * 5_000_000
    assert attempt("tiny elements", data, tmp_path) in {"too-large", "cut-short", "unreadable-header"}


def test_a_file_that_claims_to_be_huge(series, tmp_path):
    data = series[0].read_bytes()
    rows = data.index(b"\x28\x00\x10\x00US")
    claimed = data[: rows + 8] + b"\xff\xff" + data[rows + 10 :]
    tracemalloc.start()
    assert attempt("rows", claimed, tmp_path) == "cut-short"
    assert tracemalloc.get_traced_memory()[1] < 64 * 2**20
    tracemalloc.stop()


@pytest.mark.parametrize(
    "name",
    [
        "../../../etc/passwd.dcm",
        "/etc/passwd",
        "a/../../b.dcm",
        "..\\..\\b.dcm",
        "x" * 4000,
        "a\nb\0c.dcm",
        "-rf",
    ],
)
def test_names_that_lead_elsewhere(series, tmp_path, name):
    """Names of the source are never used as names here."""
    files = [Incoming(f"{name}{k}", p.read_bytes()) for k, p in enumerate(series)]
    delivery = receive(files, tmp_path / "home", "browser")
    kept = {p.name for p in delivery.folder.iterdir()}
    assert all(p.suffix in {".dcm", ".json", ".png"} and p.stem.isalnum() for p in delivery.folder.iterdir())
    assert len([k for k in kept if k.endswith(".dcm")]) == len(series)
    assert {p.name for p in tmp_path.iterdir()} == {"t2", "home"}


def test_symbolic_links_are_not_followed(study, tmp_path):
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "secret.dcm").write_bytes(next(study.rglob("*.dcm")).read_bytes())
    (study / "link.dcm").symlink_to(outside / "secret.dcm")
    (study / "folder").symlink_to(outside)
    (study / "loop").symlink_to(study)
    delivery = receive(folder_files(study), tmp_path / "home", "folder")
    assert delivery.left_out == {"symbolic link, not followed": 3}
    with pytest.raises(InputError) as info:
        import_study(study)
    assert info.value.code == "not-a-file"


def test_what_is_neither_file_nor_folder(study, tmp_path):
    os.mkfifo(study / "pipe.dcm")
    with pytest.raises(InputError) as info:
        import_study(study)
    assert info.value.code == "not-a-file"


def test_ten_thousand_files(tmp_path):
    """As many as a department may have in one folder: looked through in time, refused for what they are."""
    for number in range(10_000):
        (tmp_path / f"IM{number:05d}").write_bytes(b"not DICOM" * 20)
    start = time.process_time()
    with pytest.raises(InputError) as info:
        receive(folder_files(tmp_path), tmp_path.with_name("home"), "folder")
    assert info.value.code == "not-dicom"
    assert time.process_time() - start < SLOWEST_SECONDS


def test_ten_thousand_headers_of_one_series(series):
    header = headers_in(series[0].read_bytes(), Path("IM1"))[0]
    start = time.process_time()
    with pytest.raises(InputError) as info:
        check([header] * 10_000)
    assert info.value.code == "duplicated-slice"
    assert time.process_time() - start < SLOWEST_SECONDS


def test_a_study_with_one_bad_file_leaves_nothing_that_could_be_taken_for_a_study(study, tmp_path):
    home = tmp_path / "home"
    bad = sorted(study.rglob("*.dcm"))[-1]
    bad.write_bytes(bad.read_bytes()[:-10])
    with pytest.raises(InputError):
        receive(folder_files(study), home, "folder")
    assert [p for p in (home / FOLDER).iterdir() if not p.name.endswith(PARTIAL)] == []


def test_geometry_that_is_no_number_anywhere(study, tmp_path):
    """A stack that is chosen is checked; nothing of it becomes a volume."""
    for path in (study / "t2").iterdir():
        change(path, ImagePositionPatient=[1e30, 1e30, 1e30])
    delivery = receive(folder_files(study), tmp_path / "home", "folder")
    with pytest.raises(InputError):
        volumes(delivery, delivery.suggestion)
