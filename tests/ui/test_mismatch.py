"""The list of cases to look at."""

from collections.abc import Mapping

import pytest

from dls.case_regions import save_regions
from dls.domain import Sequence
from dls.imaging.mismatch import Mismatch, mismatches
from dls.imaging.regions import Regions
from dls.imaging.roi import Outline
from dls.imaging.volume import Volume
from dls.study.store import Store
from dls.ui import context, mismatch
from dls.ui.mismatch import check_list, kept_mismatch, kept_mismatches, mismatch_of
from tests.ui.conftest import OpenPage

Volumes = Mapping[Sequence, Volume]
AWAY = (14.0, 0.0, 7.0)


def displace(store: Store, case_id: int) -> None:
    """Record a shift that is wrong."""
    regions = context.archive().regions(case_id)
    wrong = Regions(regions.lesions, shifts={Sequence.PORTAL: AWAY})
    save_regions(store, context.archive(), case_id, wrong, after=0)


def test_cases_to_look_at_come_first(study_store: Store) -> None:
    displace(study_store, 3)
    for case_id in (1, 3):
        mismatch_of(context.archive(), case_id)
    listed = check_list(kept_mismatches(context.archive()))
    assert listed.index[0] == 3
    assert (listed.loc[3, "sequence"], listed.loc[3, "version"]) == ("Portal venous", 1)
    assert bool(listed.loc[3, "look"])
    assert listed["distance"].iloc[0] > 10
    assert listed.loc[[2, 4, 5], "score"].isna().all()


def test_a_changed_case_is_compared_anew(study_store: Store) -> None:
    mismatch_of(context.archive(), 1)
    assert kept_mismatch(context.archive(), 1) is not None
    displace(study_store, 1)
    assert kept_mismatch(context.archive(), 1) is None


def test_a_change_during_the_computation_is_not_taken_for_its_result(
    study_store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    def slow(volumes: Volumes, outline: Outline) -> dict[Sequence, Mismatch]:
        found = mismatches(volumes, outline)
        displace(study_store, 1)
        return found

    with monkeypatch.context() as patch:
        patch.setattr(mismatch, "mismatches", slow)
        before = mismatch_of(context.archive(), 1)
    assert kept_mismatch(context.archive(), 1) is None
    after = mismatch_of(context.archive(), 1)
    assert after[Sequence.PORTAL].score > before[Sequence.PORTAL].score + 0.1


def test_the_page_lists_and_computes(open_page: OpenPage, study_store: Store) -> None:
    displace(study_store, 2)
    app = open_page("lesion_outline", "ines")
    assert app.title[0].value == "Lesion outlines"
    assert app.button[0].label == "Compute the mismatch of 5 cases"
    app.button[0].click().run()
    assert not app.exception
    assert app.dataframe[0].value["code"].iloc[0] == "SECRET-1"
    assert app.dataframe[0].value["look"].tolist() == ["⚑ look", "", "", "", ""]
    assert kept_mismatch(context.archive(), 5) is not None


def test_a_case_opens_and_one_that_is_not_there_leads_to_the_list(open_page: OpenPage) -> None:
    assert not open_page("lesion_outline", "adam", case="2").title
    for wrong in ("99", "x", "-1", "²"):
        assert open_page("lesion_outline", "adam", case=wrong).title[0].value == "Lesion outlines"


def test_readers_do_not_get_in(open_page: OpenPage) -> None:
    app = open_page(None, "anna")
    assert "lesion_outline" not in str(app.main)
