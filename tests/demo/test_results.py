from pathlib import Path

import numpy as np
import pytest

from dls.demo.results import DemoResults
from dls.errors import InputError


def results() -> DemoResults:
    return DemoResults(
        codes=np.array(["V-001", "V-002"]),
        patient=np.array([0, 0, 1]),
        packages={"A": "aa", "C": "cc"},
        scores={"A": np.full((3, 7), 1 / 7, np.float32), "C": np.full((3, 2), 0.5, np.float32)},
        maps={("A", "tsne"): np.zeros((3, 2), np.float32)},
        hidden={"A": np.full((3, 4), 0.5, np.float16)},
    )


def test_groups_are_numbered_within_their_patient() -> None:
    assert results().group.tolist() == [0, 1, 0]


def test_what_is_saved_is_read_back(tmp_path: Path) -> None:
    results().save(tmp_path / "results.npz")
    read = DemoResults.load(tmp_path / "results.npz")
    assert read.packages == {"A": "aa", "C": "cc"}
    assert read.codes.tolist() == ["V-001", "V-002"]
    np.testing.assert_array_equal(read.scores["A"], results().scores["A"])
    assert set(read.maps) == {("A", "tsne")}
    np.testing.assert_array_equal(read.hidden["A"], results().hidden["A"])


def test_a_missing_file_names_the_remedy(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="--rebuild"):
        DemoResults.load(tmp_path / "none.npz")
