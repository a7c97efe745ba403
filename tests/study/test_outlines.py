"""Outlines in revisions: nothing is lost, nobody is overwritten, and the trail sees it all."""

from pathlib import Path

import pytest

from dls.errors import ConflictError, InputError
from dls.study import outlines
from dls.study.audit import trail, verify
from dls.study.store import Store
from tests.study.tiny_study import sign_case, tamper, tiny_study

FIRST, SECOND = {"lesions": [1]}, {"lesions": [1, 2]}


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return tiny_study(tmp_path / "study.db")


def test_every_version_is_kept_and_the_newest_counts(store: Store) -> None:
    assert outlines.newest(store, 1) is None
    assert outlines.save(store, 1, FIRST, after=0, by=1) == 1
    assert outlines.save(store, 1, SECOND, after=1) == 2
    found = outlines.newest(store, 1)
    assert found is not None
    assert (found.revision, found.content, found.drawn_by) == (2, SECOND, None)
    assert [(r.revision, r.content, r.drawn_by) for r in outlines.history(store, 1)][1] == (
        1,
        FIRST,
        "Reader 1",
    )
    assert outlines.newest_revisions(store) == {1: 2}


def test_nobody_overwrites_what_they_have_not_seen(store: Store) -> None:
    outlines.save(store, 1, FIRST, after=0)
    with pytest.raises(ConflictError, match="Somebody else"):
        outlines.save(store, 1, SECOND, after=0)
    assert len(outlines.history(store, 1)) == 1


def test_a_case_that_was_read_needs_a_reason(store: Store) -> None:
    outlines.save(store, 1, FIRST, after=0)
    sign_case(store, 1, 1)
    with pytest.raises(InputError, match="a reason"):
        outlines.save(store, 1, SECOND, after=1, reason="  ")
    outlines.save(store, 1, SECOND, after=1, reason="wrong lesion")
    assert outlines.history(store, 1)[0].reason == "wrong lesion"
    outlines.save(store, 2, FIRST, after=0)  # nobody has read this one


def test_another_studys_case_is_refused(store: Store) -> None:
    with pytest.raises(InputError, match="no such case"):
        outlines.save(store, 99, FIRST, after=0)


def test_the_trail_finds_an_outline_that_was_changed_or_put_in(store: Store) -> None:
    outlines.save(store, 1, FIRST, after=0, by=2)
    assert verify(store).ok
    assert (trail(store)[-1]["action"], trail(store)[-1]["actor_id"]) == ("outline.save", 2)
    tamper(store, lambda c: c.execute("UPDATE case_outline SET content = '{}'"))
    assert "case_outline 1: row was changed" in str(verify(store).faults[0])
