"""A study is uploaded as a zip archive, one series is corrected, and the case can be looked at."""

from __future__ import annotations

import shutil
import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from dls.domain import LesionClass, Sequence
from dls.imaging.delivery import received
from dls.imaging.dicom import write_series
from dls.imaging.zip_archive import zip_files
from dls.phantom.cohort import validation_cohort
from dls.phantom.render import render
from dls.study import imports
from tests.browser.conftest import App
from tests.imaging.series import write_study
from tests.ui import reading_study

pytestmark = pytest.mark.browser
SignIn = Callable[[str], Page]
NOTES = 1500
PRESS_STOP = """() => new MutationObserver((_, watch) => {
  const stop = [...document.querySelectorAll('button')].find((b) => b.innerText.endsWith('Stop'));
  if (stop) { watch.disconnect(); stop.click(); }
}).observe(document.body, { childList: true, subtree: true })"""
"""Press Stop as soon as it is there: it stays only while images are received."""


@pytest.fixture
def open_study(app: App, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> App:
    """The application's study, its order not yet drawn, so that its case set may grow."""
    monkeypatch.setattr(reading_study, "assign", lambda store: None)
    made = reading_study.make_reading_study(tmp_path / "open", pixels=8)
    with (
        closing(sqlite3.connect(made.path)) as source,
        closing(sqlite3.connect(app.store.path)) as target,
    ):
        source.backup(target)
    return app


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A phantom patient with a hepatocellular carcinoma, and so many other files that a stop can come."""
    patient = next(p for p in validation_cohort() if p.lesion_class is LesionClass.HCC)
    folder = tmp_path_factory.mktemp("phantom")
    for series in render(patient).series:
        write_series(folder / "study" / series.sequence.slug, series.voxels, series.geometry, series.tags)
    (folder / "study" / "zz notes").mkdir()
    for number in range(NOTES):
        (folder / "study" / "zz notes" / f"{number}.txt").write_text("no image")
    return Path(shutil.make_archive(str(folder / "study"), "zip", folder / "study"))


def choose(page: Page, label: str, option: str) -> None:
    """Choose in a select box by typing, as its list may be longer than the window."""
    box = page.get_by_role("combobox", name=label, exact=False).first
    box.click()
    box.fill(option)
    box.press("Enter")


def enter(page: Page, label: str, value: str) -> None:
    field = page.get_by_label(label, exact=True)
    field.fill(value)
    field.press("Enter")


def needed(page: Page, names: str) -> None:
    """Wait until the page has taken the last entry and still asks for these."""
    expect(page.get_by_text(f"Still needed: {names}.", exact=True)).to_be_visible()


def drop(page: Page, folder: Path) -> None:
    """Drag a folder from outside onto the page's upload."""
    zone = page.get_by_test_id("stFileUploaderDropzone").first
    zone.scroll_into_view_if_needed()
    box = zone.bounding_box()
    assert box is not None
    place = {"x": box["x"] + box["width"] / 2, "y": box["y"] + box["height"] / 2}
    data = {"items": [], "files": [str(folder)], "dragOperationsMask": 1}
    browser = page.context.new_cdp_session(page)
    for kind in ("dragEnter", "dragOver", "drop"):
        browser.send("Input.dispatchDragEvent", {"type": kind, **place, "data": data})


@pytest.fixture
def folder_of_a_user() -> Iterator[Path]:
    """Beside the tests' own folders: those may lie in /dev, and Chromium reads no folder there."""
    with tempfile.TemporaryDirectory() as name:
        yield Path(name)


def test_a_dropped_folder_is_received(open_study: App, signed_in: SignIn, folder_of_a_user: Path) -> None:
    folder = write_study(folder_of_a_user / "study", (Sequence.T2, Sequence.DWI))
    page = signed_in("ines")
    page.goto("/import_patients")
    page.locator("input[webkitdirectory]").first.wait_for(state="attached")
    drop(page, folder)
    expect(page.get_by_text("16 files,")).to_be_visible()
    page.get_by_role("button", name="Receive").first.click()
    expect(page.get_by_text("16 images from the browser")).to_be_visible()
    expect(page.get_by_text("Missing: T1 pre-contrast,")).to_be_visible()


def test_a_zip_archive_becomes_a_case(open_study: App, signed_in: SignIn, archive: Path) -> None:
    before = received(open_study.store.path.parent)
    page = signed_in("ines")
    page.goto("/import_patients")
    page.locator("input[webkitdirectory]").first.wait_for(state="attached")
    page.get_by_text("A zip archive or single files").click()
    expect(page.locator("input[webkitdirectory]")).to_have_count(0)
    page.locator("input[type=file]").first.set_input_files(archive)
    page.evaluate(PRESS_STOP)
    page.get_by_role("button", name="Receive").first.click()
    expect(page.get_by_text("Receive goes on from there.")).to_be_visible()
    assert received(open_study.store.path.parent) == before
    page.get_by_role("button", name="Receive").first.click()
    expect(page.get_by_text("All six sequences are there.")).to_be_visible()
    page.wait_for_function(
        "() => { const all = [...document.querySelectorAll('img[alt^=\"Middle slice\"]')];"
        " return all.length === 6 && all.every((i) => i.complete && i.naturalWidth === 192); }"
    )

    choose(page, "Sequence of series 12", "not used")
    expect(page.get_by_text("Missing: Portal venous.")).to_be_visible()
    expect(page.get_by_text("Applicable models: B, D, G.")).to_be_visible()

    enter(page, "Code *", "P-017")
    needed(page, "class, reference standard, diameter")
    choose(page, "Class (truth) *", "HCC")
    needed(page, "reference standard, diameter")
    choose(page, "Reference standard *", "histopathology")
    needed(page, "diameter")
    enter(page, "Largest diameter, mm *", "34")
    enter(page, "What did you see that decided it?", "breathing")
    page.get_by_role("button", name="Import", exact=True).click()
    expect(page.get_by_text("Case P-017 has its images")).to_be_visible()
    case_id = int(open_study.store.cases().index[-1])
    (written,) = imports.of_case(open_study.store, case_id)
    assert (written.source, written.files) == ("browser", len(zip_files(archive)) - NOTES)
    assert set(written.series) == {str(s) for s in Sequence if s is not Sequence.PORTAL}
    assert written.series["T2"]["why"] == "breathing"

    page.get_by_role("button", name="See the case").click()
    page.wait_for_function(
        "() => { const all = (root) => [...root.querySelectorAll('*')].flatMap((e) =>"
        " e.shadowRoot ? [e, ...all(e.shadowRoot)] : [e]);"
        " const v = all(document).find((e) => e.viewer); return v && v.viewer.times?.painted > 0; }"
    )
    expect(page.get_by_text("P-017 · HCC")).to_be_visible()
    expect(page.get_by_text("Not applicable without Portal venous: models A, C, E, F.")).to_be_visible()
