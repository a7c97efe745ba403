"""Features beside the study: back as they were, gathered in order, and never unpickled."""

import numpy as np
import pytest

from dls.errors import InputError
from dls.nn.feature_store import FeatureStore

SHA = "ab" * 32


@pytest.fixture
def store(tmp_path):
    store = FeatureStore(tmp_path / "features")
    for case, n in ((10, 2), (2, 3)):
        store.put(SHA, case, np.full((n, 4), case))
    return store


def test_features_come_back_and_are_replaced(store):
    assert store.cases(SHA) == [2, 10]
    assert store.has(SHA, 2)
    assert not store.has("cd" * 32, 2)
    store.put(SHA, 2, np.ones((1, 4)))
    np.testing.assert_array_equal(store.get(SHA, 2), np.ones((1, 4)))
    assert store.get(SHA, 2).dtype == np.float32
    assert sorted(p.name for p in (store.root / SHA[:12]).iterdir()) == ["10.npy", "2.npy"]


def test_many_cases_are_gathered_in_the_order_asked(store):
    hidden, case_id, group = store.gather(SHA, [10, 2])
    assert case_id.tolist() == [10, 10, 2, 2, 2]
    assert group.tolist() == [0, 1, 0, 1, 2]
    np.testing.assert_array_equal(hidden[:, 0], case_id)


def test_what_is_not_kept_or_not_readable_is_refused(store, tmp_path):
    with pytest.raises(InputError, match="No case has features"):
        store.gather(SHA, [])
    with pytest.raises(InputError, match="case 3"):
        store.gather(SHA, [3])
    np.save(store.root / SHA[:12] / "4.npy", np.array([open], dtype=object), allow_pickle=True)
    with pytest.raises(InputError, match="case 4"):
        store.get(SHA, 4)
