"""The Import page over a study whose order has not been drawn."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from dls.domain import LesionClass, Sequence
from dls.imaging.archive import ImageArchive
from dls.imaging.delivery import Delivery, received
from dls.imaging.reception import receive
from dls.imaging.sources import folder_files
from dls.study import imports
from dls.study.accounts import Role, add_account, sign_in
from dls.study.database import CHEAP_PASSWORDS
from dls.study.exclusions import exclude
from dls.study.order import assign
from dls.study.protocol import Protocol, create_study
from dls.study.store import Store
from dls.ui import session
from tests.imaging.series import write_sequence, write_study

PAGE = Path(__file__).parents[2] / "pages" / "import_patients.py"
PASSWORD = "sesame-opens-it"
OpenImport = Callable[..., AppTest]


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Store:
    monkeypatch.setenv("DLS_HOME", str(tmp_path / "home"))
    store = Store(tmp_path / "home" / "study.db", password_cost=CHEAP_PASSWORDS)
    reader = add_account(store, "anna", "Anna", Role.READER, PASSWORD).id
    add_account(store, "ines", "Ines", Role.INVESTIGATOR, PASSWORD)
    add_account(store, "adam", "Adam", Role.ADMINISTRATOR, PASSWORD)
    create_study(store, "Small study", Protocol(readers=(reader,)))
    return store


@pytest.fixture
def home(store: Store) -> Path:
    return store.path.parent


@pytest.fixture
def study(tmp_path: Path) -> Path:
    return write_study(tmp_path / "study")


@pytest.fixture
def delivery(study: Path, home: Path) -> Delivery:
    return receive(folder_files(study), home, "browser")


@pytest.fixture
def open_import(store: Store, monkeypatch: pytest.MonkeyPatch) -> OpenImport:
    def run(who: str = "ines", **query: str) -> AppTest:
        token = sign_in(store, who, PASSWORD)
        monkeypatch.setattr(session, "token", lambda: token)
        page = AppTest.from_file(str(PAGE), default_timeout=120)
        for key, value in query.items():
            page.query_params[key] = value
        return checked(page.run())

    return run


def checked(page: AppTest) -> AppTest:
    assert not page.exception, page.exception[0].stack_trace
    return page


def pick(page: AppTest, label: str, value: object) -> None:
    next(b for b in page.selectbox if b.label == label).select(value)


def press(page: AppTest, label: str) -> AppTest:
    return checked(next(b for b in page.button if b.label == label).click().run())


def describe(page: AppTest, *, diameter: float = 34.0) -> AppTest:
    next(t for t in page.text_input if t.label == "Code *").input("P-01")
    pick(page, "Class (truth) *", LesionClass.HCC)
    pick(page, "Reference standard *", "histopathology")
    next(n for n in page.number_input if n.label.startswith("Largest diameter")).set_value(diameter)
    return checked(page.run())


def place(block: Any, label: str) -> tuple[int, ...]:
    """Position of a widget, block by block; a browser forgets what is being typed in one that moves."""
    for index, child in block.children.items():
        if getattr(child, "label", None) == label:
            return (index,)
        if inside := place(child, label) if hasattr(child, "children") else ():
            return (index, *inside)
    return ()


def words(page: AppTest) -> str:
    elements = (*page.markdown, *page.warning, *page.error, *page.success, *page.info, *page.caption)
    return "\n".join(str(e.value) for e in elements)


def test_a_delivery_is_confirmed_and_becomes_a_case(
    open_import: OpenImport, store: Store, home: Path, delivery: Delivery
) -> None:
    page = open_import(delivery=delivery.id)
    assert "48 images from the browser" in words(page)
    chosen = [str(b.value) for b in page.selectbox if b.label.startswith("Sequence of series")]
    assert sorted(chosen) == sorted(str(s) for s in Sequence)
    assert "All six sequences are there. Applicable models: **A, B, C, D, E, F, G**." in words(page)
    assert next(b for b in page.button if b.label == "Import").disabled
    describe(page)
    next(n for n in page.number_input if n.label == "AFP, ng/mL").set_value(820.0)
    page.run()
    press(page, "Import")
    assert page.query_params["imported"] == "1"
    assert "Case P-01 has its images" in page.success[0].value
    case = store.case(1)
    assert (case.lesion_class, case.clinical["afp"], case.clinical["age"]) == (4, 820, None)
    assert ImageArchive(home / "images").has(1)
    (written,) = imports.of_case(store, 1)
    assert (written.imported_by, written.source) == (2, "browser")
    assert {said["confirmed"] for said in written.series.values()} == {"by a person"}


def test_the_list_names_the_first_case_of_the_same_patient(
    open_import: OpenImport, store: Store, delivery: Delivery
) -> None:
    press(describe(open_import(delivery=delivery.id)), "Import")
    page = describe(open_import(delivery=delivery.id))
    next(t for t in page.text_input if t.label == "Code *").input("P-02")
    next(n for n in page.number_input if n.label == "Lesion number").set_value(2).run()
    press(page, "Import")
    exclude(store, 1, "no consent")
    listed = open_import().dataframe[-1].value
    assert listed[["case", "same patient as"]].to_numpy().tolist() == [["P-02", "P-01"], ["P-01", "–"]]


def test_a_correction_keeps_the_reason(open_import: OpenImport, store: Store, delivery: Delivery) -> None:
    page = open_import(delivery=delivery.id)
    labels = {b.value: b.label for b in page.selectbox if b.label.startswith("Sequence of series")}
    pick(page, labels["Portal venous"], "Equilibrium")
    checked(page.run())
    assert "Equilibrium is chosen for more than one series" in page.error[0].value
    assert "Missing: **Portal venous**" in words(page)
    pick(page, labels["Equilibrium"], "Portal venous")
    describe(page)
    next(t for t in page.text_input if t.label.startswith("What did you see")).input(
        "spleen already even"
    ).run()
    press(page, "Import")
    series = imports.of_case(store, 1)[0].series
    assert series["Portal venous"]["why"] == "spleen already even"
    assert series["Portal venous"]["stack"] == delivery.suggestion[Sequence.EQUILIBRIUM]


def test_messages_do_not_move_the_fields_below(open_import: OpenImport, delivery: Delivery) -> None:
    page = open_import(delivery=delivery.id)
    label = next(b.label for b in page.selectbox if b.value == "Portal venous")
    before = place(page.main, "Code *")
    pick(page, label, "Equilibrium")
    checked(page.run())
    assert page.error
    why = place(page.main, "What did you see that decided it?")
    assert place(page.main, "Code *") == before
    pick(page, label, "not used")
    checked(page.run())
    assert place(page.main, "What did you see that decided it?") == why
    assert place(page.main, "Code *") == before != ()


def test_unenhanced_only_names_what_is_missing(open_import: OpenImport, delivery: Delivery) -> None:
    page = open_import(delivery=delivery.id)
    for box in page.selectbox:
        if box.value in {"Late arterial", "Portal venous", "Equilibrium"}:
            box.select("not used")
    checked(page.run())
    assert (
        "Missing: **Late arterial, Portal venous, Equilibrium**. Applicable models: **B, D, G**. "
        "Not applicable: A, C, E, F." in words(page)
    )


def test_an_uncertain_series_is_asked_about(open_import: OpenImport, study: Path, home: Path) -> None:
    write_sequence(study / "second", Sequence.T2, SeriesInstanceUID="1.2.3.90", SeriesNumber=9)
    delivery = receive(folder_files(study), home, "browser")
    page = open_import(delivery=delivery.id)
    assert "It is not certain which series is T2: please look at the choice above." in words(page)


def test_a_series_that_is_no_volume_cannot_be_chosen(
    open_import: OpenImport, study: Path, home: Path
) -> None:
    sorted((study / "dwi").iterdir())[3].unlink()
    page = open_import(delivery=receive(folder_files(study), home, "browser").id)
    assert "DWI cannot be used" in words(page)
    describe(page)
    assert next(b for b in page.button if b.label == "Import").disabled


def test_doubts_and_refused_values(open_import: OpenImport, delivery: Delivery) -> None:
    page = describe(open_import(delivery=delivery.id), diameter=3.4)
    assert "3.4 mm: is it in cm?" in words(page)
    assert next(b for b in page.button if b.label == "Import").disabled
    checked(next(c for c in page.checkbox if c.label.startswith("I have looked")).check().run())
    assert not next(b for b in page.button if b.label == "Import").disabled
    albumin = next(n for n in page.number_input if n.label == "Albumin")
    checked(albumin.set_value(4.1).run())
    assert "it looks like g/dL" in words(page)
    assert next(b for b in page.button if b.label == "Import").disabled
    pick(page, "Unit of Albumin", "g/dL")
    checked(page.run())
    checked(next(c for c in page.checkbox if c.label.startswith("I have looked")).check().run())
    assert not next(b for b in page.button if b.label == "Import").disabled


def test_a_malignant_case_needs_histopathology(open_import: OpenImport, delivery: Delivery) -> None:
    page = describe(open_import(delivery=delivery.id))
    pick(page, "Reference standard *", "formal report with follow-up")
    checked(page.run())
    assert "must be proved by histopathology" in page.error[0].value


def test_a_folder_on_the_server_is_for_administrators(
    open_import: OpenImport, study: Path, home: Path
) -> None:
    assert "Folder on the server" not in [t.label for t in open_import().tabs]
    page = open_import("adam")
    next(t for t in page.text_input if t.key == "server path").input(str(study)).run()
    checked(page.button(key="receive path").click().run())
    assert page.query_params["delivery"] == received(home)[0]
    assert "48 images from a folder on the server" in words(page)


def test_files_from_the_browser(open_import: OpenImport, study: Path, home: Path) -> None:
    page = open_import()
    page.segmented_control[0].select("files")
    checked(page.run())
    files = [(p.name, p.read_bytes(), "application/dicom") for p in study.rglob("*.dcm")]
    page.file_uploader[0].set_value(files).run()
    assert "48 files" in words(page)
    press(page, "Receive")
    assert page.query_params["delivery"] == received(home)[0]


def test_what_was_received_waits_or_goes(open_import: OpenImport, home: Path, delivery: Delivery) -> None:
    page = open_import()
    assert "1 received, not yet confirmed" in [s.value for s in page.subheader]
    checked(page.button(key=f"discard {delivery.id}").click().run())
    assert received(home) == ()
    assert not page.subheader


def test_a_table_of_cases(open_import: OpenImport, store: Store, delivery: Delivery) -> None:
    text = (
        b"code,class,reference_standard,lesion_mm,age\nP-1,HCC,histopathology,34,61\nP-2,cyst,hearsay,12,x\n"
    )
    page = open_import()
    uploader = next(u for u in page.file_uploader if u.label == "Table of cases")
    uploader.set_value(("cases.csv", text, "text/csv")).run()
    assert "The table has 2 problems; nothing was changed." in words(page)
    good = text.replace(b"hearsay", b"histopathology").replace(b",x", b",")
    next(u for u in page.file_uploader if u.label == "Table of cases").set_value(
        ("cases.csv", good, "text/csv")
    ).run()
    press(page, "Add 2 cases")
    assert store.cases()["code"].tolist() == ["P-1", "P-2"]
    page = open_import(delivery=delivery.id)
    pick(page, "These are the images of", "P-2")
    checked(page.run())
    press(page, "Import")
    assert imports.of_case(store, 2)[0].delivery == delivery.id


def test_what_cannot_be_received_says_why_and_leaves_nothing_to_stop(
    open_import: OpenImport, tmp_path: Path
) -> None:
    (tmp_path / "notes.zip").write_bytes(b"no archive")
    page = open_import("adam")
    next(t for t in page.text_input if t.key == "server path").input(str(tmp_path / "notes.zip")).run()
    next(b for b in page.button if b.key == "receive path").click().run()
    assert "The zip archive cannot be opened" in page.error[0].value
    assert "Stop" not in [b.label for b in page.button]


def test_a_closed_case_set_is_said(open_import: OpenImport, store: Store, delivery: Delivery) -> None:
    describe(open_import(delivery=delivery.id))
    page = press(describe(open_import(delivery=delivery.id)), "Import")
    assign(store)
    page = open_import()
    assert "order has been drawn" in page.info[0].value


@pytest.mark.parametrize("query", [{"delivery": "../images"}, {"imported": "9"}])
def test_an_address_that_makes_no_sense_says_why(open_import: OpenImport, query: dict[str, str]) -> None:
    assert open_import(**query).error


def test_readers_may_not_import(open_import: OpenImport, delivery: Delivery) -> None:
    page = open_import("anna", delivery=delivery.id)
    assert "for the investigator or the administrator" in page.error[0].value
    assert not page.selectbox
