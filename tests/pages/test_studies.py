"""The pages of investigator and administrator about the study itself."""

from __future__ import annotations

import pytest

from dls.study.accounts import account_named, accounts, add_account
from dls.study.audit import trail, verify
from dls.study.exclusions import exclude_unseen, flow
from dls.study.freezing import signatures
from dls.study.opened import open_study_id
from dls.study.order import orders
from dls.study.protocol import freeze_id, protocol, title, versions
from dls.study.store import Store
from dls.ui import context
from tests.analysis.tiny_store import INVESTIGATOR
from tests.pages.conftest import OpenPage
from tests.pages.test_accuracy import text

ADMINISTRATOR = ("adam", "sesame-opens-it")


def button(page, label: str):  # type: ignore[no-untyped-def]
    return next(b for b in page.button if b.label == label)


KINDS = ("text_input", "number_input", "selectbox", "multiselect", "text_area", "checkbox")


def field(page, label: str):  # type: ignore[no-untyped-def]
    return next(f for kind in KINDS for f in page.get(kind) if f.label == label)


def test_a_study_is_built_frozen_with_a_signature_and_opened(open_page: OpenPage, study_store: Store) -> None:
    page = open_page("studies")
    field(page, "Title of the new study").set_value("Crossover of livers")
    field(page, "Design").set_value(
        "crossover: half of the cases with the model, after a washout the other half"
    )
    page.run()
    field(page, "Washout, weeks").set_value(6)
    field(page, "Models whose opinion readers see").set_value(["A"])
    field(page, "Classes (none: all)").set_value(["cyst", "HCC", "FNH"])
    page.run()
    field(page, "Patients excluded before import").set_value(4)
    page.run()
    field(page, "Reason of their exclusion").set_value("declined")
    button(page, "Create the study").click()
    page.run()
    assert not page.exception
    assert open_study_id(study_store) == 2
    made = Store(study_store.path, study_id=2)
    assert set(flow(made).excluded) == {"of another class", "declined"}
    plan = protocol(made)
    assert title(made) == "Crossover of livers"
    assert [(s.condition, s.washout_days) for s in plan.sessions] == [("crossover", 0), ("crossover", 42)]
    assert plan.opinion_models == ("A",)
    assert set(made.cases()["lesion_class"]) <= {0, 2, 4}
    page = open_page("studies")
    assert field(page, "Open study").value == 2
    field(page, "Your password").set_value("not it")
    button(page, "Sign and freeze").click()
    page.run()
    assert "password is wrong" in page.error[0].value
    assert freeze_id(made) is None
    assert orders(made).empty
    field(page, "Your password").set_value(INVESTIGATOR[1])
    button(page, "Sign and freeze").click()
    page.run()
    (signed,) = signatures(made).values()
    assert signed["meaning"] == "I approve this protocol"
    assert len(orders(made)) == 2 * 2 * len(made.cases())
    assert verify(made).ok


def test_the_flow_names_who_was_left_out_and_opens_the_rest(open_page: OpenPage, study_store: Store) -> None:
    exclude_unseen(study_store, 3, "declined")
    shown = text(open_page("studies"))
    assert "excluded: declined</th><td>−3</td>" in shown
    assert "Cases analysed</th><td><a href='cases?task=seven-way' target='_self'>12</a>" in shown


def test_a_study_that_does_not_fit_is_not_made(open_page: OpenPage, study_store: Store) -> None:
    page = open_page("studies")
    button(page, "Create the study").click()
    page.run()
    assert "needs a title" in page.error[0].value
    assert open_study_id(study_store) == 1


def test_an_amendment_shows_its_difference_and_is_kept(open_page: OpenPage, study_store: Store) -> None:
    page = open_page("studies")
    next(a for a in page.text_area if a.key == "amend plan").set_value("AUC, DeLong")
    page.run()
    assert "AUC, DeLong" in text(page)
    button(page, "Store as a new version").click()
    page.run()
    assert "needs a reason" in page.error[0].value
    field(page, "Reason of the amendment").set_value("worded")
    button(page, "Store as a new version").click()
    page.run()
    assert [v["reason"] for v in versions(study_store)] == ["first version", "worded"]


def test_an_administrator_invites_and_bars(open_page: OpenPage, study_store: Store) -> None:
    add_account(study_store, ADMINISTRATOR[0], "Adam", "administrator", ADMINISTRATOR[1])
    page = open_page("people", who=ADMINISTRATOR)
    page.text_input[0].set_value("cleo")
    page.text_input[1].set_value("Cleo")
    button(page, "Invite").click()
    page.run()
    assert "/sign-in/invitation?token=" in page.code[0].value
    assert account_named(study_store, "cleo").role == "reader"
    page = open_page("people", who=ADMINISTRATOR)
    chooser = field(page, "Account")
    chooser.set_value(next(o for o in accounts(study_store) if o.account.username == "reader1"))
    page.run()
    button(page, "Disable").click()
    page.run()
    assert next(a for a in accounts(study_store) if a.account.username == "reader1").disabled


def test_people_are_for_administrators(open_page: OpenPage) -> None:
    assert "for the administrator" in open_page("people").error[0].value


def test_the_trail_is_shown_and_checked(open_page: OpenPage, study_store: Store) -> None:
    page = open_page("audit")
    assert "study.create" in str(page.dataframe[0].value["Action"].tolist())
    button(page, "Verify everything").click()
    page.run()
    assert f"Sound: {verify(study_store).entries} entries" in page.success[0].value
    assert page.code[0].value == verify(study_store).head


def test_copies_are_offered_to_administrators_and_recorded(open_page: OpenPage, study_store: Store) -> None:
    assert not [b for b in open_page("audit").button if b.label.startswith("Make")]
    add_account(study_store, ADMINISTRATOR[0], "Adam", "administrator", ADMINISTRATOR[1])
    page = open_page("audit", who=ADMINISTRATOR)
    for label, action in (("Make a study archive", "study.export"), ("Make a backup", "study.backup")):
        button(page, label).click()
        page.run()
        assert trail(study_store)[-1]["action"] == action
        assert page.get("download_button")


def test_an_unaided_study_says_that_there_is_nothing_to_compare(open_page: OpenPage) -> None:
    assert "not shown the model's opinion" in open_page("aided").info[0].value


def test_a_dry_run_is_offered(open_page: OpenPage) -> None:
    page = open_page("dry_run")
    assert "Nothing that is read in it counts" in page.info[0].value


@pytest.mark.parametrize("policy", ["with reason"])
def test_a_look_needs_its_reason(open_page: OpenPage, study_store: Store, policy: str) -> None:
    from dataclasses import replace

    from dls.study.protocol import amend

    plan = replace(protocol(study_store), investigator_unblinded=False, interim_looks=policy)
    amend(study_store, plan, "blinded, looks with a reason")
    page = open_page("accuracy")
    assert "why you look" in page.info[0].value
    assert not page.subheader
    page.text_input[0].set_value("planned interim analysis")
    button(page, "Look at the results").click()
    page.run()
    assert page.subheader
    looks = [e for e in trail(study_store) if e["action"] == "results.look"]
    assert "planned interim analysis" in str(looks[-1]["detail"])
    assert context.store().study_id == 1
