from pathlib import Path

from dls.analysis.dataset import load
from dls.analysis.feature_map import feature_map
from tests.analysis.tiny_store import tiny_store


def test_the_stored_map_is_joined_to_its_cases(tmp_path: Path) -> None:
    store = tiny_store(tmp_path / "study.db")
    cases = load(store).cases
    found = feature_map(store, "A", "tsne", cases)
    assert found.cases == 12
    assert found.points.loc[8, ["case_id", "code", "class"]].tolist() == [9, "T-09", "HCC"]
    assert feature_map(store, "A", "tsne", cases.loc[[1, 2]]).cases == 2


def test_without_a_stored_map_it_is_empty(tmp_path: Path) -> None:
    store = tiny_store(tmp_path / "study.db")
    assert feature_map(store, "B", "umap", load(store).cases).points.empty
