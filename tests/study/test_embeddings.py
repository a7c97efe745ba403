from __future__ import annotations

import pytest

from dls.errors import InputError
from dls.study.embeddings import newest_settings
from dls.study.protocol import Protocol, create_study
from dls.study.store import Store
from tests.study.tiny_study import new_case, row_counts


def test_the_newest_map_comes_back(store: Store) -> None:
    store.add_embedding("A", "tsne", [1, 2], [0, 0], [[0, 1], [2, 3]], settings={"perplexity": 50})
    store.add_embedding("A", "tsne", [2, 1], [0, 1], [[4, 5], [6, 7.5]], settings={"perplexity": 30})
    store.add_embedding("A", "umap", [1], [0], [[9, 9]], settings={})
    frame = store.embedding("A", "tsne")
    assert frame.columns.tolist() == ["case_id", "group", "x", "y"]
    assert frame.to_numpy().tolist() == [[1, 1, 6, 7.5], [2, 0, 4, 5]]
    assert frame["case_id"].dtype == "int64"
    assert store.embedding("B", "tsne").columns.tolist() == ["case_id", "group", "x", "y"]
    assert len(store.embedding("B", "tsne")) == 0


def test_a_map_of_another_study_hides_none(store: Store) -> None:
    store.add_embedding("A", "tsne", [1], [0], [[0, 1]], settings={"seed": 1})
    other = Store(store.path, study_id=create_study(store, "Other", Protocol(readers=(1,))))
    other.add_case(new_case(9))
    other.add_embedding("A", "tsne", [5], [0], [[2, 3]], settings={"seed": 2})
    assert store.embedding("A", "tsne").to_numpy().tolist() == [[1, 0, 0, 1]]
    assert other.embedding("A", "tsne").to_numpy().tolist() == [[5, 0, 2, 3]]
    assert [newest_settings(s, "A", "tsne") for s in (store, other)] == [{"seed": 1}, {"seed": 2}]


@pytest.mark.parametrize(
    ("made", "message"),
    [
        (("Z", [1], [0], [[0, 0]]), "Unknown model"),
        (("A", [1, 2], [0], [[0, 0]]), "do not fit together"),
        (("A", [1], [0], [[0, 0, 0]]), "do not fit together"),
        (("A", [1], [0], [[float("nan"), 0]]), "not finite"),
        (("A", [99], [0], [[0, 0]]), "unknown case"),
        (("A", [1, 1], [0, 0], [[0, 0], [1, 1]]), "a group twice"),
    ],
)
def test_bad_maps_are_refused(store: Store, made: tuple, message: str) -> None:
    letter, cases, groups, points = made
    before = row_counts(store)
    with pytest.raises(InputError, match=message):
        store.add_embedding(letter, "tsne", cases, groups, points, settings={})
    assert row_counts(store) == before
