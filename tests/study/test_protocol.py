from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import pytest

from dls.domain import LesionClass
from dls.errors import ConflictError, InputError
from dls.study import protocol
from dls.study.accounts import Role, add_account
from dls.study.audit import sha256, verify
from dls.study.freezing import code_version, freeze
from dls.study.looks import results_visible
from dls.study.protocol import Protocol, SessionPlan, amend, create_study, freeze_id
from dls.study.store import Store
from tests.study.tiny_study import PASSWORD, row_counts, sign_case, tiny_study

FULL = Protocol(
    readers=(1, 2),
    sessions=(SessionPlan(), SessionPlan(2, "With the model", "aided", 28)),
    models=("A", "D"),
    operating_points={"D": 0.4},
    consensus_mode="majority",
    investigator_unblinded=True,
    clinical_shown=False,
    analysis_plan="AUC, DeLong",
    seed=7,
)


def test_a_protocol_survives_json() -> None:
    assert Protocol.from_dict(json.loads(json.dumps(FULL.to_dict()))) == FULL


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"readers": ()}, "needs readers"),
        ({"readers": (1, 1)}, "each once"),
        ({"sessions": ()}, "numbered"),
        ({"sessions": (SessionPlan(2),)}, "numbered"),
        ({"sessions": (SessionPlan(1, "S", "blindfold"),)}, "condition"),  # type: ignore[arg-type]
        ({"consensus_mode": "dictator"}, "consensus mode"),
        ({"models": ("A", "Z")}, "model"),
        ({"operating_points": {"Q": 0.5}}, "model"),
        ({"operating_points": {"D": 1.5}}, "scores from 0 to 1"),
    ],
)
def test_bad_protocols_are_refused(change: dict, message: str) -> None:
    with pytest.raises(InputError, match=message):
        dataclasses.replace(FULL, **change)


def test_an_unknown_field_is_refused() -> None:
    with pytest.raises(InputError, match="unknown or malformed field"):
        Protocol.from_dict({**FULL.to_dict(), "prize": 1})


def test_a_study_needs_a_title_and_readers_with_accounts(tmp_path: Path) -> None:
    store = Store(tmp_path / "study.db")
    before = row_counts(store)
    with pytest.raises(InputError, match="title"):
        create_study(store, " ", Protocol(readers=(1,)))
    with pytest.raises(InputError, match=r"no account as a reader.*account 1"):
        create_study(store, "S", Protocol(readers=(1,)))
    assert row_counts(store) == before


def test_an_investigator_is_no_reader(store: Store) -> None:
    other = add_account(store, "inv", "Inv", Role.INVESTIGATOR, PASSWORD).id
    with pytest.raises(InputError, match="no account as a reader"):
        amend(store, Protocol(readers=(1, other)), "one more")


def test_two_readers_of_one_name_are_refused(store: Store) -> None:
    twin = add_account(store, "twin", "Reader 1", Role.READER, PASSWORD).id
    before = row_counts(store)
    with pytest.raises(InputError, match=r"same name.*Reader 1"):
        amend(store, Protocol(readers=(1, twin)), "one more")
    with pytest.raises(InputError, match=r"same name.*Reader 1"):
        create_study(store, "S", Protocol(readers=(twin, 1)))
    assert row_counts(store) == before


def test_a_missing_study_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such study"):
        protocol.protocol(Store(tmp_path / "study.db"))


def test_freezing_names_everything_that_was_fixed(store: Store) -> None:
    store.add_predictions("D", "ab" * 32, [1], [0], [[0.2, 0.8]])
    frozen = freeze(store, 1)
    assert freeze_id(store) == frozen
    with store.read() as connection:
        row = connection.execute("SELECT protocol_id, content FROM freeze").fetchone()
    content = json.loads(row["content"])
    assert frozen == sha256(f"{row['protocol_id']}|{row['content']}")
    assert content["packages"] == {"D": "ab" * 32}
    assert content["code"] == code_version()
    assert content["protocol"] == sha256(json.dumps(
        protocol.protocol(store).to_dict(), sort_keys=True, separators=(",", ":")
    ))  # fmt: skip
    with pytest.raises(ConflictError, match="frozen already"):
        freeze(store)


@pytest.mark.parametrize("different", ["case", "package", "protocol", "nothing"])
def test_a_freeze_id_changes_with_what_it_covers(tmp_path: Path, different: str) -> None:
    ids = []
    for name in ("first", "second"):
        changed = name == "second"
        seed = 1 if changed and different == "protocol" else 0
        cases = 5 if changed and different == "case" else 4
        store = tiny_study(tmp_path / f"{name}.db", cases=cases, seed=seed)
        package = "cd" * 32 if changed and different == "package" else "ab" * 32
        store.add_predictions("D", package, [1], [0], [[0.2, 0.8]])
        ids.append(freeze(store))
    assert (ids[0] == ids[1]) == (different == "nothing")


def test_an_amendment_is_a_new_open_version_that_freezes_again(store: Store) -> None:
    first = freeze(store)
    changed = dataclasses.replace(protocol.protocol(store), analysis_plan="and McNemar")
    with pytest.raises(InputError, match="reason"):
        amend(store, changed, "")
    assert amend(store, changed, "endpoint added") == 2
    assert protocol.protocol(store) == changed
    assert freeze_id(store) is None
    sign_case(store, 1, 1)
    assert freeze_id(store) not in {None, first}
    versions = protocol.versions(store)
    assert [(v["version"], v["reason"]) for v in versions] == [(1, "first version"), (2, "endpoint added")]
    assert versions[0]["freeze_id"] == first
    assert verify(store).ok


def test_a_frozen_protocol_takes_no_other_package(store: Store) -> None:
    store.add_predictions("D", "ab" * 32, [1], [0], [[0.2, 0.8]])
    freeze(store)
    store.add_predictions("D", "ab" * 32, [2], [0], [[0.5, 0.5]])
    before = row_counts(store)
    with pytest.raises(ConflictError, match="another package of model D"):
        store.add_predictions("D", "cd" * 32, [1], [0], [[0.1, 0.9]])
    assert row_counts(store) == before
    amend(store, protocol.protocol(store), "retrained")
    store.add_predictions("D", "cd" * 32, [1], [0], [[0.1, 0.9]])
    assert store.packages() == {"D": "cd" * 32}


@pytest.mark.parametrize("unblinded", [True, False])
def test_results_are_visible_at_the_end_or_when_the_protocol_says_so(tmp_path: Path, unblinded: bool) -> None:
    store = tiny_study(tmp_path / "study.db", cases=1, assigned=True, investigator_unblinded=unblinded)
    assert results_visible(store) == unblinded
    sign_case(store, 1, 1, LesionClass.CYST)
    assert results_visible(store) == unblinded
    sign_case(store, 2, 1, LesionClass.CYST)
    assert results_visible(store)


def test_nothing_is_visible_before_the_order_is_drawn(tmp_path: Path) -> None:
    assert not results_visible(tiny_study(tmp_path / "study.db", assigned=False))
