"""A whole study in the browser: from an image server to a report whose every number is computed again.

The administrator takes in phantom patients, builds and freezes a study; three readers read it; two cases are
decided by consensus; the investigator, to whom results were closed, looks into a misclassified case and makes
the report.  What other browser tests look at closely is done quickly here.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from playwright.sync_api import Browser, Page, expect

from dls.domain import MODELS, LesionClass
from dls.imaging.dicom import write_series
from dls.imaging.pacs.delivering import deliver
from dls.imaging.pacs.peers import Query
from dls.imaging.pacs.transfer import find, send
from dls.intake.case_import import Confirmed, import_case
from dls.phantom.cohort import PhantomPatient, validation_cohort
from dls.phantom.render import render
from dls.phantom.scanner import SCANNERS
from dls.study import audit
from dls.study.accounts import Role, account_named, add_account
from dls.study.database import CHEAP_PASSWORDS
from dls.study.export import export
from dls.study.opened import open_study_id
from dls.study.protocol import Protocol, create_study, freeze_id
from dls.study.store import Store
from dls.study.worklist import worklist
from tests.browser.conftest import PATIENCE_MS, VIEWPORT, sign_in_on, wait_until_painted
from tests.browser.recomputed import Exported, recomputed
from tests.browser.recomputed_supplement import recomputed_supplement
from tests.browser.running_app import RunningApp
from tests.browser.test_import import choose
from tests.imaging.pacs.conftest import running_pacs
from tests.imaging.pacs.orthanc import Pacs
from tests.phantom.coarse import coarse
from tests.ui.reading_study import PASSWORD

__all__ = ["running_pacs"]
pytestmark = pytest.mark.browser
SignIn = Callable[[str], Page]
TRUTH = [c for c in (0, 4, 5) for _ in range(2)]
CODES = [f"P-{n}" for n in range(1, len(TRUTH) + 1)]
READ = {
    "anna": [0, 1, 4, 4, 5, 5],
    "ben": [0, 0, 4, 4, 5, 4],
    "carl": [0, 0, 4, 2, 5, 5],
}
"""Class that each reader calls in each case; in the second, fourth and sixth they differ."""
DECIDED = {"P-2": 0, "P-4": 4, "P-6": 5}
LETTERS = "ACDFG"
PULL = 0.7
"""Logarithm of odds that a score has for the true class: models that are right more often than not."""


@pytest.fixture(scope="module")
def patients() -> list[PhantomPatient]:
    """Two cysts, hepatocellular carcinomas and metastases."""
    cohort = list(validation_cohort())
    return [[p for p in cohort if p.lesion_class == lesion][n % 2] for n, lesion in enumerate(TRUTH)]


@pytest.fixture(scope="module")
def home(
    patients: list[PhantomPatient], running_pacs: Pacs, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """A place with people and an image server that has the patients; its study has no case."""
    home = tmp_path_factory.mktemp("end to end")
    store = Store(home / "study.db", password_cost=CHEAP_PASSWORDS)
    readers = [add_account(store, name, name.title(), Role.READER, PASSWORD).id for name in READ]
    add_account(store, "ines", "Ines", Role.INVESTIGATOR, PASSWORD)
    add_account(store, "adam", "Adam", Role.ADMINISTRATOR, PASSWORD)
    create_study(store, "Intake", Protocol(readers=tuple(readers)))
    (home / "dls.toml").write_text(f'[pacs.archive]\ndicomweb = "{running_pacs.web.url}"\n')
    folder = tmp_path_factory.mktemp("dicom")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("dls.phantom.render.SCANNERS", {name: coarse(s) for name, s in SCANNERS.items()})
        for code, patient in zip(CODES, patients, strict=True):
            for series in render(patient).series:
                tags, to = series.tags | {"PatientID": code}, folder / code / series.sequence.slug
                write_series(to, series.voxels, series.geometry, tags)
    send(running_pacs.web, sorted(folder.rglob("*.dcm")))
    return home


@pytest.fixture(scope="module")
def running(home: Path) -> Iterator[RunningApp]:
    app = RunningApp(home)
    yield app
    app.stop()


@pytest.fixture
def as_(running: RunningApp, chromium: Browser) -> Iterator[SignIn]:
    """Signs somebody in, in a browser profile of their own."""
    contexts = []

    def sign_in(name: str) -> Page:
        contexts.append(chromium.new_context(viewport=VIEWPORT, base_url=running.url, accept_downloads=True))
        page = contexts[-1].new_page()
        page.set_default_timeout(PATIENCE_MS)
        return sign_in_on(page, name)

    yield sign_in
    for context in contexts:
        context.close()


def test_a_whole_study(as_: SignIn, home: Path, patients: list[PhantomPatient], running_pacs: Pacs) -> None:
    administrator = as_("adam")
    add_cases_by_table(administrator, patients)
    fetch_images(administrator, CODES[0])
    fetch_the_others(home, running_pacs)
    add_scores(Store(home / "study.db"))
    build_and_freeze(administrator)
    store = Store(home / "study.db", study_id=open_study_id(Store(home / "study.db")))
    assert freeze_id(store) is not None
    assert sorted(store.cases()["code"]) == CODES

    investigator = as_("ines")
    investigator.goto("/accuracy")
    expect(investigator.get_by_text("The protocol keeps results from investigators")).to_be_visible()
    for name in READ:
        read_everything(as_(name), store, name)
    decide_together(as_("anna"), store)

    investigator.reload()
    expect(investigator.get_by_role("heading", name="Accuracy")).to_be_visible()
    look_into_an_error(investigator)
    report = make_the_report(investigator)
    export(store, home / "export.zip")
    check_every_number(report, (home / "export.zip").read_bytes())
    assert freeze_id(store)[:12] in report["MANIFEST.txt"].decode()  # type: ignore[index]
    assert audit.verify(store).ok


def add_cases_by_table(page: Page, patients: list[PhantomPatient]) -> None:
    rows = [
        {
            "code": code,
            "class": p.lesion_class.label,
            "reference_standard": "histopathology",
            "lesion_mm": round(p.lesion_mm, 1),
            "age": p.clinical.age,
            "afp": p.clinical.afp,
        }
        for code, p in zip(CODES, patients, strict=True)
    ]
    content = pd.DataFrame(rows).to_csv(index=False).encode()
    page.goto("/import_patients")
    page.get_by_role("tab", name="Table of cases").click()
    table = {"name": "cases.csv", "mimeType": "text/csv", "buffer": content}
    page.get_by_role("tabpanel").locator("input[type=file]:visible, input[type=file]").last.set_input_files(
        files=[table]  # type: ignore[list-item]
    )
    page.get_by_role("button", name=f"Add {len(CODES)} cases").click()
    expect(page.get_by_text(f"{len(CODES)} cases added")).to_be_visible()


def fetch_images(page: Page, code: str) -> None:
    """Find a patient on the image server, fetch the study, confirm its series as those of a case."""
    page.goto("/import_patients")
    page.get_by_role("tab", name="Image server").click()
    page.get_by_label("Patient ID").fill(code)
    page.get_by_role("button", name="Find").click()
    page.get_by_role("button", name="Fetch").click()
    expect(page.get_by_text("All six sequences are there.")).to_be_visible()
    choose(page, "These are the images of", code)
    page.get_by_role("button", name="Import", exact=True).click()
    expect(page.get_by_text(f"Case {code} has its images")).to_be_visible()


def fetch_the_others(home: Path, pacs: Pacs) -> None:
    """The same for the other patients, by what the page calls."""
    store = Store(home / "study.db")
    numbers = {code: int(number) for number, code in store.cases()["code"].items()}
    for code in CODES[1:]:
        (study,) = find(pacs.web, Query(patient_id=code))
        delivery = deliver(pacs.web, study.study_uid, home)
        confirmed = Confirmed(delivery.suggestion, by_person=False)
        assert len(confirmed.stacks) == 6
        import_case(store, home, delivery, confirmed, case_id=numbers[code])


def add_scores(store: Store) -> None:
    """Scores of two image groups a case and model, right more often than not."""
    random, cases = np.random.default_rng(161), store.cases()["lesion_class"]
    for letter in LETTERS:
        task = MODELS[letter].task
        rows, owner = [], []
        for case_id, lesion in cases.items():
            target = task.target(LesionClass(lesion))
            for _ in range(2):
                pull = random.normal(size=len(task.classes))
                pull[target if target is not None else 0] += PULL
                rows.append(np.exp(pull) / np.exp(pull).sum())
                owner.append(int(str(case_id)))
        store.add_predictions(letter, f"{ord(letter):064x}", owner, [0, 1] * len(cases), rows)


def build_and_freeze(page: Page) -> None:
    page.goto("/studies")
    page.get_by_role("tab", name="New study").click()
    page.get_by_label("Title of the new study").fill("Whole study")
    page.get_by_label("Title of the new study").press("Enter")
    page.get_by_role("button", name="Create the study").click()
    expect(page.get_by_text("is made and open")).to_be_visible()
    page.goto("/studies")
    page.get_by_label("Your password").fill(PASSWORD)
    page.get_by_role("button", name="Sign and freeze").click()
    expect(page.get_by_text("Frozen, id")).to_be_visible()


def read_everything(page: Page, store: Store, name: str) -> None:
    """Sign every case by keyboard: class, confidence, Enter."""
    page.get_by_role("button", name="Read the first case").click()
    known = store.cases()["code"]
    own = worklist(store, account_named(store, name).id)
    for number, case in enumerate(own, start=1):
        wait_until_painted(page, f"Case {number} of {len(own)}")
        called = READ[name][CODES.index(known[case.case_id])]
        confidence = 1 + case.case_id % 4 + (5 if called >= 4 else 0)
        for key in (str(called + 1), f"Shift+Digit{confidence}", "Enter"):
            page.keyboard.press(key)
    expect(page.locator(".title")).to_have_text("All cases are signed")


def decide_together(page: Page, store: Store) -> None:
    page.get_by_role("link", name="Consensus").click()
    known = store.cases()["code"]
    for left in range(len(DECIDED), 0, -1):
        if left == len(DECIDED):
            page.get_by_role("button", name="Decide").first.click()
        wait_until_painted(page, f"Consensus, {left} to decide")
        answers = sorted(page.locator(".answers li").all_inner_texts())
        code = next(c for c in DECIDED if answers == disputed(c))
        page.keyboard.press(str(DECIDED[code] + 1))
        page.keyboard.press("Enter")
    expect(page.get_by_text("No case waits for a decision.")).to_be_visible()
    found = store.consensus().set_index("case_id")["lesion_class"].rename(index=known)
    assert found[list(DECIDED)].to_dict() == DECIDED
    assert len(found) == len(CODES)


def disputed(code: str) -> list[str]:
    """The readers' answers to a case, in no order."""
    return sorted(LesionClass(answers[CODES.index(code)]).label for answers in READ.values())


def look_into_an_error(page: Page) -> None:
    """From Anna's count of right calls to the one that was wrong, and into its dossier."""
    page.goto("/agreement")
    page.locator("a", has_text="5/6").first.click()
    expect(page.get_by_role("heading", name="1 of 6 cases")).to_be_visible()
    box = page.get_by_test_id("stDataFrame").first.bounding_box()
    assert box is not None
    page.mouse.click(box["x"] + 60, box["y"] + 55)
    expect(page.get_by_role("heading", name="P-2 · cyst")).to_be_visible()
    expect(page.get_by_role("row", name="Anna")).to_contain_text("hemangioma")


def make_the_report(page: Page) -> dict[str, bytes]:
    page.goto("/report")
    page.get_by_role("button", name="Make the report").click()
    with page.expect_download() as download:
        page.get_by_role("button", name="Everything (ZIP)").click()
    content = Path(download.value.path()).read_bytes()
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    assert {"report.docx", "report.pdf", "report.html"} <= files.keys()
    return files


def check_every_number(report: dict[str, bytes], exported: bytes) -> None:
    """Every number of the report's tables, Tables 1-4 and the supplement, is the one from the export."""
    table = pd.read_csv(io.BytesIO(report["tables/numbers.csv"]), dtype={"table": str})
    study = Exported(exported, threshold=0.5)
    wanted = recomputed(study) | recomputed_supplement(study)
    shown = {tuple(row[:4]): row[4:7] for row in table.itertuples(index=False, name=None)}
    assert len(shown) == len(table)
    assert shown.keys() == wanted.keys()
    for key, values in wanted.items():
        np.testing.assert_allclose(shown[key], values, rtol=1e-9, atol=1e-9, err_msg=str(key))
