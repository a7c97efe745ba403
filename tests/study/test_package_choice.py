"""Choosing a model's package: recorded, shown, and refused against a frozen protocol."""

import pytest

from dls.errors import ConflictError, InputError
from dls.study.audit import verify
from dls.study.freezing import freeze
from dls.study.package_choice import choices, choose
from tests.study.tiny_study import tiny_study

OLD, NEW = "a" * 64, "b" * 64


@pytest.fixture
def store(tmp_path):
    return tiny_study(tmp_path / "study.db")


def test_the_newest_choice_counts(store):
    assert choices(store) == {}
    for sha256 in (OLD, NEW, NEW, OLD):
        choose(store, "A", sha256)
    assert choices(store) == {"A": OLD}
    assert store.packages() == {"A": OLD}
    assert verify(store).ok


def test_a_frozen_protocol_keeps_its_packages(store):
    choose(store, "A", OLD)
    freeze(store)
    with pytest.raises(ConflictError, match="frozen with another package of model A"):
        choose(store, "A", NEW)
    with pytest.raises(ConflictError, match="Expected: none"):
        choose(store, "B", NEW)
    choose(store, "A", OLD)
    assert store.packages() == {"A": OLD}


def test_what_is_no_package_is_refused(store):
    with pytest.raises(InputError, match="Unknown model"):
        choose(store, "Z", OLD)
    with pytest.raises(InputError, match="64 hexadecimal"):
        choose(store, "A", "abc")
