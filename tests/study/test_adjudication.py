from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from dls.domain import LesionClass
from dls.errors import AccessError, ConflictError, InputError
from dls.study.accounts import add_account
from dls.study.adjudication import adjudicated_state, adjudicator_queue, case_behind
from dls.study.audit import trail, verify
from dls.study.consensus import decide, queue
from dls.study.protocol import Protocol, amend, protocol
from dls.study.store import Store
from tests.study.tiny_study import PASSWORD, code_of, sign_case, tiny_study

CYST, FNH, HCC = LesionClass.CYST, LesionClass.FNH, LesionClass.HCC
SENIOR, STRANGER = 3, 4


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """Two readers, who differ on case 1 and agree on case 2; account 3 adjudicates, 4 has no part."""
    made = tiny_study(tmp_path / "s.db", cases=3)
    for name in ("senior", "stranger"):
        add_account(made, name, name.title(), "reader", PASSWORD)
    plan = replace(protocol(made), consensus_mode="adjudicator", adjudicators=(SENIOR,))
    amend(made, plan, "an adjudicator was found")
    for reader, called in ((1, CYST), (2, HCC)):
        sign_case(made, reader, 1, called)
        sign_case(made, reader, 2, CYST)
    return made


def test_the_adjudicator_alone_sees_the_answers_under_a_code_of_its_own(store: Store) -> None:
    (waiting,) = adjudicator_queue(store, SENIOR)
    assert (waiting.case_id, waiting.answers, waiting.due) == (1, (CYST, HCC), "decision")
    assert waiting.code not in {code_of(store, 1, 1), code_of(store, 2, 1)}
    assert adjudicator_queue(store, SENIOR)[0].code == waiting.code
    assert [entry["action"] for entry in trail(store)].count("answers.show") == 1
    for outsider in (1, 2, STRANGER):
        assert adjudicator_queue(store, outsider) == []
        assert queue(store, outsider) == []
    assert verify(store).ok


def test_images_open_to_the_adjudicator_only_while_named(store: Store) -> None:
    code = adjudicator_queue(store, SENIOR)[0].code
    assert code is not None
    assert case_behind(store, SENIOR, code) == 1
    assert case_behind(store, 1, code_of(store, 1, 1)) == 1
    for account, asked in ((1, code), (STRANGER, code), (SENIOR, code_of(store, 1, 1)), (SENIOR, "unknown")):
        with pytest.raises(AccessError):
            case_behind(store, account, asked)
    amend(store, replace(protocol(store), adjudicators=(STRANGER,)), "the first one left")
    for refused in (case_behind, adjudicated_state):
        with pytest.raises(AccessError):
            refused(store, SENIOR, code)
    assert adjudicator_queue(store, SENIOR) == []
    assert len(adjudicator_queue(store, STRANGER)) == 1


def test_only_the_adjudicator_decides(store: Store) -> None:
    code = adjudicator_queue(store, SENIOR)[0].code
    for other in (1, STRANGER):
        with pytest.raises(AccessError, match="adjudicator who is not a reader"):
            decide(store, 1, HCC, by=other)
    decide(store, 1, FNH, by=SENIOR, reason="central scar", seconds=12)
    agreed = store.consensus()[["case_id", "lesion_class", "mode"]].values.tolist()
    assert agreed == [[1, 2, "adjudicator"], [2, 0, "unanimous"]]
    assert adjudicator_queue(store, SENIOR) == []
    assert code is not None
    assert adjudicated_state(store, SENIOR, code).consensus == FNH


def test_a_protocol_names_an_adjudicator_outside_its_readers(store: Store) -> None:
    with pytest.raises(InputError, match="not one of the readers"):
        Protocol(readers=(1, 2), consensus_mode="adjudicator", adjudicators=(2,))
    with pytest.raises(InputError, match="needs one"):
        amend(store, replace(protocol(store), adjudicators=()), "nobody")
    with pytest.raises(InputError, match="no account as a reader"):
        amend(store, replace(protocol(store), adjudicators=(99,)), "somebody")


def test_who_has_adjudicated_is_never_a_reader_of_the_study(store: Store) -> None:
    changed = replace(protocol(store), readers=(1, 2, SENIOR), adjudicators=(STRANGER,))
    amend(store, changed, "a third reader")
    amend(store, replace(changed, readers=(1, 2), adjudicators=(SENIOR,)), "back again")
    adjudicator_queue(store, SENIOR)
    with pytest.raises(ConflictError, match="as an adjudicator"):
        amend(store, changed, "a third reader after all")
