"""The readers', calibration and subgroup pages over the twelve-case study."""

import csv
from pathlib import Path

import pytest

from dls.analysis.printed import to_csv
from dls.domain import LesionClass
from dls.study.accounts import account_named
from dls.study.backup import backup, copy_database
from dls.study.freezing import code_version
from dls.study.protocol import freeze_id
from dls.study.reading import Entry, sign, worklist
from dls.study.store import Store
from dls.ui import result_widgets
from tests.pages.conftest import OpenPage
from tests.pages.test_accuracy import text


def test_the_model_meets_the_mean_of_the_readers(open_page: OpenPage) -> None:
    page = open_page("readers", model="Model D")
    shown = text(page)
    assert "Mean area of the readers less that of Model D, malignancy" in shown
    assert "1.000 (" in shown
    assert "one condition" in page.info[0].value
    assert "Active reading time a case" in shown


def test_calibration_and_decision_curve(open_page: OpenPage) -> None:
    page = open_page("calibration", system="Reader 1", band="Model D")
    shown = text(page)
    assert "Calibration of Reader 1, benign/malignant" in shown
    assert "Net benefit for malignancy" in shown


def test_a_subgroup_forest_with_its_numbers(open_page: OpenPage) -> None:
    page = open_page("subgroups", of="Reader consensus", target="HCC")
    assert list(page.selectbox(key="measure").options) == ["sensitivity", "specificity", "accuracy"]
    assert "66.7 (9.4–99.2)" in text(page)
    assert "cases?subgroup=scanner%3Avendor" in text(page)


def test_every_download_says_what_it_rests_on(
    open_page: OpenPage, study_store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    saved: list[str] = []
    monkeypatch.setattr(result_widgets, "to_csv", lambda *given: saved.append(to_csv(*given)) or saved[-1])
    page = open_page("calibration")
    frozen = freeze_id(study_store)
    assert frozen is not None
    assert len(saved) == 2
    for content in saved:
        *_, last = csv.reader(content.splitlines())
        assert last == [f"protocol frozen, id {frozen} · code {code_version()}"]
    for chart in page.get("plotly_chart"):
        assert f"protocol frozen, id {frozen[:12]} \\u00b7 code {code_version()}" in chart.proto.spec
    validation = open_page("validate_statistics")
    validation.button[0].click().run()
    assert saved[-1].splitlines()[-1] == f"code {code_version()}"


@pytest.mark.parametrize("page", ["readers", "calibration", "subgroups"])
def test_they_take_the_filter_and_keep_readers_out(page: str, open_page: OpenPage) -> None:
    assert "6 of 12 cases" in open_page(page, scanner="vendor 2, 3 T").info[0].value
    shown = open_page(page, who=("reader1", "a-long-password"))
    assert "you are signed in as reader" in shown.error[0].value
    assert not shown.get("plotly_chart")


def test_a_study_put_back_under_the_running_application_shows_its_own_results(
    open_page: OpenPage, study_store: Store, tmp_path: Path
) -> None:
    """Reader 1 signs the last case, the study is put back, and another class is signed: as many rows."""
    reader = account_named(study_store, "reader1").id
    copy = backup(study_store, tmp_path / "copy.db")
    for called in (LesionClass.HCC, LesionClass.CYST):
        copy_database(copy, study_store.path)
        (last,) = (a for a in worklist(study_store, reader) if a.case_id == 12)
        sign(study_store, reader, last.code, Entry(called, 80))
        assert open_page("cases", cases="12").dataframe[0].value["Reader 1"].tolist() == [called.label]
