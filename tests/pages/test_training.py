from pathlib import Path

import pytest

from dls.nn.config import DEMO
from dls.nn.history import EpochRecord, write_history
from dls.nn.run_folder import open_run
from dls.study.store import Store
from tests.pages.conftest import OpenPage

READER = ("reader1", "a-long-password")


@pytest.fixture
def run(study_store: Store) -> Path:
    folder = study_store.path.parent / "training" / "demo-1"
    open_run(folder, DEMO, "abc", "2020-05-01")
    for name in ("setting-1-fold-1", "final"):
        (folder / "B" / name).mkdir(parents=True)
    write_history(folder / "B" / "setting-1-fold-1", [EpochRecord(1, 1.5, 0.25, 0.1, 2.0, 1.75, 0.375)])
    (folder / "B" / "setting-1-fold-1" / "result.npz").touch()
    return folder


def test_without_a_run_it_says_how_to_begin(open_page: OpenPage) -> None:
    assert "python -m dls train --help" in open_page("training").info[0].value


def test_networks_of_a_run_with_their_last_epoch(open_page: OpenPage, run: Path) -> None:
    page = open_page("training")
    table = page.dataframe[0].value
    assert table["Network"].tolist() == ["setting 1, fold 1", "all patients"]
    assert table["State"].tolist() == ["done", "training"]
    assert table["Unseen loss"].tolist() == ["1.750", "–"]
    assert "configuration demo: compact, 60 epochs, no folds · 1 of 2 networks done" in page.caption[1].value
    assert not page.get("download_button")


def test_a_finished_models_report_can_be_taken_home(open_page: OpenPage, run: Path) -> None:
    (run / "B" / "report.html").write_text("<p>report</p>")
    assert len(open_page("training").get("download_button")) == 1


def test_a_run_without_a_network_yet(open_page: OpenPage, study_store: Store) -> None:
    open_run(study_store.path.parent / "training" / "new", DEMO, "abc", "2020-05-01")
    assert "being built" in open_page("training").info[0].value


def test_readers_do_not_see_it(open_page: OpenPage, run: Path) -> None:
    page = open_page("training", who=READER)
    assert "for the investigator" in page.error[0].value
    assert not page.dataframe
