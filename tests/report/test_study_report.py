"""The report of the twelve-case study: every form is read again; its numbers are the analysis'."""

from __future__ import annotations

import io
import re
import zipfile
from dataclasses import replace
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from docx import Document
from PIL import Image
from pypdf import PdfReader

from dls.analysis.accuracy import accuracy_table
from dls.analysis.accuracy_layout import accuracy_layout
from dls.analysis.agreement import agreement_table
from dls.analysis.agreement_layout import agreement_layout, inter_reader_layout
from dls.analysis.aided import aided_study
from dls.analysis.aided_layout import aided_layout
from dls.analysis.calibrated import calibrated_systems, decision_study, system_calibration
from dls.analysis.calibrated_layout import calibration_layout, decision_layout
from dls.analysis.conduct import Deidentification
from dls.analysis.dataset import load
from dls.analysis.linked_counts import CELL_LINKS
from dls.analysis.manuscript import ManuscriptResults, manuscript_results
from dls.analysis.printed import PrintedTable
from dls.analysis.reader_comparison import modality_comparison, model_against_readers
from dls.analysis.reader_comparison_layout import against_readers_layout, modalities_layout
from dls.analysis.reading_times import reading_times, time_layout
from dls.analysis.study_filter import StudyFilter
from dls.analysis.subgroup_accuracy import Measure, Question, subgroup_layout, subgroup_study
from dls.analysis.supplement import Supplement
from dls.analysis.system import CONSENSUS, model
from dls.analysis.undefined import Undefined
from dls.analysis.workflow import workflows
from dls.domain import Task
from dls.nn.explain import CaseExplanation
from dls.nn.explanation_file import Explanation, save_explanation
from dls.nn.saliency import SaliencyMethod
from dls.nn.sanity import RandomisedStage
from dls.report.checklists import CLAIM, STARD_AI, claim, stard_ai
from dls.report.known import UNKNOWN
from dls.report.methods import methods
from dls.report.references import References
from dls.report.saliency_plate import stored_explanations
from dls.report.stamp import footer, stamp, warnings
from dls.report.study_report import NUMBERS, archive, study_report
from dls.report.tables import tables
from dls.study.accounts import Role, add_account
from dls.study.cases import TABLE
from dls.study.freezing import code_version
from dls.study.looks import look
from dls.study.profiles import ReaderProfile, note_profile
from dls.study.protocol import amend, protocol
from dls.study.sessions import override_washout
from dls.study.store import Store
from tests.analysis.test_aided import CROSSED, read_study
from tests.analysis.tiny_store import tiny_store

FIGURES = ("figure-1-flow", "figure-2-roc", "figure-3-roc", "figure-4-roc", "figure-5-confusion")
LATER_FIGURES = ("figure-8-decision-curve", "figure-9-subgroups", "figure-10-t-sne", "figure-11-saliency")


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Store:
    return tiny_store(tmp_path_factory.mktemp("report") / "study.db")


@pytest.fixture(scope="module")
def results(store: Store) -> ManuscriptResults:
    return manuscript_results(store)


@pytest.fixture(scope="module")
def explanations(
    results: ManuscriptResults, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Explanation, ...]:
    """Of model A by two methods, read again from their files; the gradient, the paper's, is the one shown."""
    home, rng = tmp_path_factory.mktemp("home"), np.random.default_rng(3)
    for method in (SaliencyMethod.GRAD_CAM, SaliencyMethod.GRADIENT):
        slugs = dict.fromkeys(("t2", "dwi", "pre", "late-arterial", "portal", "equilibrium", "all"), 0.6)
        case = CaseExplanation(1, 0, correct=True, area=0.25, energy=slugs, pointing=slugs, share=slugs)
        maps, images = rng.random((2, 7, 8, 8, 6), dtype=np.float32)
        made = Explanation(
            "A",
            results.provenance.packages["A"],
            method,
            (case,),
            maps,
            images,
            np.array([3, 0, 0, 0, 1, 0, 0]),
            (RandomisedStage(2, 2, 0.125),),
        )
        save_explanation(home / "explanations", made)
    save_explanation(home / "explanations", replace(made, package_sha256="f" * 64))
    return stored_explanations(home, results.provenance.packages)


@pytest.fixture(scope="module")
def files(results: ManuscriptResults, explanations: tuple[Explanation, ...]) -> dict[str, bytes]:
    return study_report(results, explanations=explanations)


def layouts(store: Store) -> list[PrintedTable]:
    """Every table of results as its page shows it, computed apart from the report."""
    data = load(store)
    tables = [accuracy_layout(accuracy_table(data, task, CONSENSUS)) for task in Task]
    found = agreement_table(data, comparator=CONSENSUS)
    tables += [agreement_layout(found), inter_reader_layout(found), time_layout(reading_times(data))]
    for letter in "CDAB":
        judge = model(letter)
        tables.append(against_readers_layout(model_against_readers(data, judge)))
        question = Question(judge, Task.BENIGN_MALIGNANT, "malignant", Measure.AUC)
        tables.append(subgroup_layout(subgroup_study(data, question, StudyFilter())))
    calibrated = [system_calibration(data, system, task) for system, task in calibrated_systems(data)]
    tables += [calibration_layout(c) for c in calibrated if not isinstance(c.classes[0].found, Undefined)]
    return [*tables, decision_layout(decision_study(data, model("C")))]


def texts(table: PrintedTable) -> set[str]:
    """Every text in the cells of a table."""
    cells = [cell for section in table.sections for row in section.rows for cell in row.cells]
    return {part for cell in cells for part in (cell.text, cell.detail) if part}


def word_text(content: bytes) -> str:
    document = Document(io.BytesIO(content))
    cells = [cell.text for table in document.tables for row in table.rows for cell in row.cells]
    return "\n".join([*(p.text for p in document.paragraphs), *cells])


def pdf_text(content: bytes) -> str:
    return "\n".join(page.extract_text() for page in PdfReader(io.BytesIO(content)).pages)


def flat(text: str) -> str:
    """Text without any white space: lines break where there is no room."""
    return re.sub(r"\s", "", text)


def test_every_document_has_every_number_of_the_analysis(store: Store, files: dict[str, bytes]) -> None:
    expected = set().union(*map(texts, layouts(store)))
    assert "66.7 (9.4–99.2)" in expected
    assert "2/3" in expected
    assert "30.0 (30.0–30.0)" in expected
    assert "6 of 12" in expected
    for text in (
        word_text(files["report.docx"]),
        pdf_text(files["report.pdf"]),
        files["report.html"].decode(),
    ):
        shown = flat(text.replace("&lt;", "<"))
        assert not {number for number in expected if flat(number) not in shown}


def test_no_number_of_an_item_breaks_and_no_figure_leaves_the_margins(files: dict[str, bytes]) -> None:
    document = Document(io.BytesIO(files["report.docx"]))
    checklist = next(t for t in document.tables if "15a" in [c.text for c in t.columns[0].cells])
    assert checklist.columns[0].width.mm > 10
    room = document.sections[0].page_width - 2 * document.sections[0].left_margin
    for shape in document.inline_shapes:
        assert shape.width <= room + 1
        assert shape._inline.get("distL") == "0"


def test_numbers_in_full_precision_are_those_of_the_analysis(store: Store, files: dict[str, bytes]) -> None:
    numbers = pd.read_csv(io.BytesIO(files[NUMBERS]), dtype={"table": str})
    data = load(store)
    table = accuracy_table(data, Task.SEVEN_WAY, CONSENSUS)
    for row in table.classes:
        for curve in row.curves:
            auc = getattr(curve.auc, "auc", None)
            found = numbers.query(
                "table == '1' and system == @curve.system.name and target == @row.target and measure == 'AUC'"
            )
            assert found["value"].tolist() == ([] if auc is None else [pytest.approx(auc, abs=1e-15)])
    right = (data.calls(CONSENSUS, Task.SEVEN_WAY) == data.truth(Task.SEVEN_WAY).iloc[:11]).sum()
    accuracy = numbers.query("table == '4' and system == 'Reader consensus' and measure == 'accuracy'")
    assert accuracy["count"].iloc[0] == right == 10
    assert accuracy["value"].iloc[0] == pytest.approx(100 * 10 / 11)


def test_every_figure_is_there_as_svg_and_as_png_of_300_dpi(files: dict[str, bytes]) -> None:
    svg = {name for name in files if name.endswith(".svg")}
    assert {f"figures/{name}.svg" for name in FIGURES} < svg
    assert {f"figures/{name}.svg" for name in LATER_FIGURES} < svg
    for name in svg:
        assert b"<svg" in files[name][:400]
        with Image.open(io.BytesIO(files[name.replace(".svg", ".png")])) as image:
            assert round(image.info["dpi"][0]) == 300
            assert image.width > 900
            assert len(set(image.convert("L").tobytes())) > 10
    assert len(Document(io.BytesIO(files["report.docx"])).inline_shapes) == len(svg)
    assert sum(len(page.images) for page in PdfReader(io.BytesIO(files["report.pdf"])).pages) == len(svg)
    assert files["report.html"].count(b"<img ") == len(svg)


def test_the_page_needs_nothing_from_the_network(files: dict[str, bytes]) -> None:
    page = files["report.html"].decode()
    assert not re.search(r"https?:|//[a-z]|<script|<link|@import|<a ", page.replace("data:image/svg+xml", ""))
    assert set(re.findall(r'src="([a-z+/:]+)', page)) == {"data:image/svg+xml"}


def test_everything_says_where_it_comes_from(files: dict[str, bytes], results: ManuscriptResults) -> None:
    sha = results.provenance.packages["A"]
    for text in (
        word_text(files["report.docx"]),
        pdf_text(files["report.pdf"]),
        files["report.html"].decode(),
    ):
        for said in (
            f"Protocol frozen, id {results.provenance.freeze_id}",
            code_version(),
            sha,
            "21 of 23 readings simulated",
            "Research use only",
            "images of 12 of 12 cases simulated",
        ):
            assert flat(said) in flat(text)
    for name, content in files.items():
        if name.startswith("tables/") and name != NUMBERS:
            last = content.decode().splitlines()[-1]
            assert f"protocol frozen, id {results.provenance.freeze_id}" in last
            assert "21 of 23 readings simulated" in last
            assert sha[:12] in last
    for page in PdfReader(io.BytesIO(files["report.pdf"])).pages:
        assert "researchuseonly" in flat(page.extract_text())


def test_the_methods_name_their_sources(files: dict[str, bytes]) -> None:
    text = flat(pdf_text(files["report.pdf"]))
    for name in (
        "DeLong",
        "ClopperCJ,PearsonES",
        "McNemarQ",
        "CohenJ",
        "FleissJL",
        "ZhenSH",
        "openTSNE",
        "HolmS",
    ):
        assert name in text
    cited = {int(n) for mark in re.findall(r"\[([\d,]+)\]", text) for n in mark.split(",")}
    assert cited == set(range(1, max(cited) + 1))
    assert f"{max(cited)}.Mongan" in text


def test_the_saliency_shown_is_of_the_packages_in_use_and_by_the_papers_method(
    files: dict[str, bytes], explanations: tuple[Explanation, ...]
) -> None:
    assert [e.method for e in explanations] == [SaliencyMethod.GRADIENT]
    text = flat(pdf_text(files["report.pdf"]))
    assert (
        flat("Mean saliency (gradient) of Model A over the mean image group of each class; 1 case,") in text
    )
    assert flat("60% lies inside the lesion, which fills 25% of the image") in text
    assert flat("after all kernels were shuffled: 0.12") in text
    printed = pd.read_csv(io.BytesIO(files["tables/claim.csv"]), skiprows=1, header=None, dtype=str)
    assert dict(zip(printed[1], printed[3], strict=True))["31"] == "Mean saliency of each class: Figure 11"


def test_the_methods_say_how_patients_with_several_cases_are_taken(results: ManuscriptResults) -> None:
    said = (
        "1 patient has more than one case: tests and intervals take cases as independent, but for bootstrap"
    )
    assert "more than one case" not in "\n".join(methods(results, References()))
    several = replace(results, agreement=replace(results.agreement, with_several_cases=1))
    assert said in "\n".join(methods(several, References()))


def test_the_methods_say_only_what_was_done(results: ManuscriptResults) -> None:
    text = "\n".join(methods(results, References()))
    assert "not frozen" not in text
    assert "Tables 1–4 use the readings of session 1 that were made without any opinion" in text
    tests = [t for table in results.accuracy for row in table.classes for t in row.against_comparator]
    defined = [r for t in tests for r in (t.sensitivity, t.specificity) if not isinstance(r, Undefined)]
    smallest = min(r.p_exact for r in defined)
    of_table_4 = [row.against.accuracy for row in results.agreement.rows if row.against is not None]
    assert len(of_table_4) == 9
    defined += of_table_4
    assert f"of {len(defined)} McNemar tests" in text
    assert ("0 after Holm's adjustment" in text) == (smallest * len(defined) >= 0.05)
    assert "The protocol has no analysis plan" in text
    open_plan = replace(
        results.provenance.plan, operating_points={"C": 0.4}, analysis_plan="Primary: AUC of C."
    )
    origin = replace(results.provenance, freeze_id=None, plan=open_plan)
    data = replace(results.data, operating_points={"C": 0.4})
    text = "\n".join(methods(replace(results, provenance=origin, data=data), References()))
    assert "Analysis plan (not frozen, hence not prespecified): Primary: AUC of C." in text
    assert "from a score of 0.4, as the protocol says, which is not frozen" in text
    cases = results.data.cases.assign(image_source=TABLE)
    text = "\n".join(methods(replace(results, data=replace(results.data, cases=cases)), References()))
    assert "randomised" not in text
    assert "made elsewhere" in text


def test_maps_of_one_setting_are_told_once_whichever_package_they_are_of(results: ManuscriptResults) -> None:
    shown = {m.letter for m in results.maps}
    maps = {letter: {"theta": 0.5, "package": f"of {letter}"} for letter in shown}
    origin = replace(results.provenance, maps=maps)
    text = "\n".join(methods(replace(results, provenance=origin), References()))
    assert shown
    assert "theta 0.5 (up to" in text
    assert "package of" not in text


def test_a_report_of_hidden_repeats_has_their_table_and_their_method(tmp_path: Path) -> None:
    found = manuscript_results(tiny_store(tmp_path / "study.db", hidden_repeats=4))
    assert len(found.intra_reader) == 2
    page = study_report(found)["report.html"].decode()
    assert "Table S3. Agreement of readers with themselves" in page
    assert "met some cases twice" in page
    assert "Stat Methods Med Res 1999;8:135-160" in page


def test_a_crossover_has_its_conditions_and_its_readers_with_and_without_the_model(tmp_path: Path) -> None:
    store = read_study(tmp_path / "study.db", *CROSSED)
    sessions = (CROSSED[0], replace(CROSSED[1], washout_days=28))
    amend(store, replace(protocol(store), sessions=sessions), "a washout")
    investigator = add_account(store, "ines", "Ines", Role.INVESTIGATOR, "a-long-password").id
    note_profile(store, 1, ReaderProfile(12, "abdominal radiology"), by=investigator)
    override_washout(store, 2, 2, "the reader moves away", by=investigator)
    found = manuscript_results(store)
    assert found.supplement.modalities is not None
    data = load(store)
    compared = modality_comparison(store, data)
    assert not isinstance(compared, Undefined)
    expected = texts(modalities_layout(compared)) | texts(aided_layout(aided_study(store, within=data)))
    files = study_report(found)
    for text in (pdf_text(files["report.pdf"]), word_text(files["report.docx"])):
        assert not {number for number in expected if flat(number) not in flat(text)}
    told = "\n".join(methods(found, References()))
    assert "Experience and specialty: Reader 1 12 years, abdominal radiology." in told
    assert "Experience and specialty of Reader 2 are not noted." in told
    assert "Design: sessions 1, 2 half of the cases with the model's opinion" in told
    assert "Tables 1–4 use the readings of sessions 1, 2 that were made without any opinion" in told
    assert "session 2 28 days. Opened before it had passed: Reader 2, session 2 (“the reader moves" in told
    assert "closed to investigators until every reading was signed; looks at interim results before" in told
    listed = "\n".join(files["report.html"].decode().splitlines())
    for source in ("1995;24:285-308", "2007;26:596-619", "2008;27:157-172", "2006;26:565-574"):
        assert source in listed
    numbers = pd.read_csv(io.BytesIO(files[NUMBERS]), dtype={"table": str})
    row = numbers.query("table == 'modalities' and measure == 'AUC difference, fixed readers, random cases'")
    difference = compared.analyses["FRRC"].differences[0]
    assert row[["value", "low", "high"]].to_numpy()[0] == pytest.approx(
        [difference.difference, *difference.interval]
    )


def test_a_study_without_scores_has_no_table_of_models(results: ManuscriptResults) -> None:
    bare = replace(results, supplement=Supplement())
    names = [table.name for table in tables(bare)]
    assert names == ["table-1", "table-2", "table-3", "table-4", "composition", "inter-reader"]
    answers = {row.label: row.cells[1].text for row in stard_ai(bare).sections[0].rows}
    assert answers["23"] == "Errors: confusion matrices. Fairness: not in this report"
    assert "Brier" not in "\n".join(methods(bare, References()))


def test_the_checklists_name_the_tables_by_their_numbers(tmp_path: Path) -> None:
    found = manuscript_results(tiny_store(tmp_path / "study.db", hidden_repeats=4))
    captions = {table.name: table.caption.partition(".")[0] for table in tables(found)}
    answers = {row.label: row.cells[1].text for row in claim(found).sections[0].rows}
    assert captions["intra-reader"] == "Table S3"
    assert "Between the readers: Table S2; of each with oneself: Table S3" in answers["18"]
    assert answers["30"].endswith(captions["subgroups"])
    answers = {row.label: row.cells[1].text for row in stard_ai(found).sections[0].rows}
    assert answers["23"].endswith(f"subgroups, {captions['subgroups']}")


def test_what_left_the_headers_is_told_and_unknown_where_nothing_was_imported(
    results: ManuscriptResults,
) -> None:
    assert results.conduct.deidentified is None
    answers = {row.label: row.cells[1].text for row in claim(results).sections[0].rows}
    assert answers["11"] == UNKNOWN
    taken = replace(results.conduct, deidentified=Deidentification(2, 812, 20412, 1624))
    imported = replace(results, conduct=taken)
    answers = {row.label: row.cells[1].text for row in claim(imported).sections[0].rows}
    assert "Images of 2 of 12 cases" in answers["11"]
    assert "20,412 elements removed" in answers["11"]
    assert "812 DICOM files" in "\n".join(methods(imported, References()))


def test_the_way_of_a_new_patient_is_a_table_without_links(
    results: ManuscriptResults, files: dict[str, bytes]
) -> None:
    assert results.supplement.ways == workflows(results.data)
    page = files["report.html"].decode()
    assert "The way of a new patient: D from unenhanced images" in page
    assert CELL_LINKS not in page
    assert "D, then G and D, then F" in "\n".join(methods(results, References()))
    without = replace(results, supplement=replace(results.supplement, ways=()))
    assert "way of a new patient" not in "\n".join(methods(without, References()))


def test_the_methods_say_that_classes_were_ranked(results: ManuscriptResults) -> None:
    for asked in (True, False):
        plan = replace(results.provenance.plan, ranking_asked=asked)
        signed = results.data.readings.assign(simulated=False)
        told = replace(
            results,
            provenance=replace(results.provenance, plan=plan),
            data=replace(results.data, readings=signed),
        )
        assert ("ranked the classes" in "\n".join(methods(told, References()))) is asked


def test_the_checklists_fill_in_what_is_known_and_only_that(files: dict[str, bytes]) -> None:
    stard = pd.read_csv(io.BytesIO(files["tables/stard-ai.csv"]), skiprows=1, header=None, usecols=[1, 3])
    answers = dict(zip(stard[1], stard[3], strict=True))
    assert answers["38"] == UNKNOWN
    assert answers["16a"] == "follow-up in 6 cases; histopathology in 6 cases"
    assert answers["37"].startswith("Protocol frozen, id ")
    assert [number for number, _, _ in STARD_AI] == [
        *map(str, range(1, 15)), "15a", "15b", "15c", "15d", "16a", "16b", "16c", "17a", "17b",
        *map(str, range(18, 26)), "26a", "26b", *map(str, range(27, 40)), "40a", "40b",
    ]  # fmt: skip
    assert [number for number, _, _ in CLAIM] == [str(i) for i in range(1, 45)]


def test_a_checklist_speaks_of_packages_only_where_there_are_some(results: ManuscriptResults) -> None:
    without = replace(results, provenance=replace(results.provenance, packages={}))
    answers = {row.label: row.cells[1].text for row in claim(without).sections[0].rows}
    assert {answers[item] for item in ("9", "10", "19", "20", "24", "25", "26", "27")} == {UNKNOWN}
    answers = {row.label: row.cells[1].text for row in claim(results).sections[0].rows}
    assert answers["20"].startswith("Patients, in the folds of the training")
    assert "not known" in answers["18"]


def test_the_same_data_give_the_same_bytes(
    store: Store,
    files: dict[str, bytes],
    results: ManuscriptResults,
    explanations: tuple[Explanation, ...],
) -> None:
    store.record("results.export", None, {"what": "something that is no result"})
    look(store, "Report", None)
    again = manuscript_results(Store(Path(store.path)))
    made = study_report(again, explanations=explanations)
    assert {n: sha256(c).hexdigest() for n, c in made.items()} == {
        n: sha256(c).hexdigest() for n, c in files.items()
    }
    assert sha256(archive(made, again)).hexdigest() == sha256(archive(files, results)).hexdigest()


def test_dates_are_those_of_the_data(files: dict[str, bytes], results: ManuscriptResults) -> None:
    moment = results.provenance.as_of.replace(microsecond=0)
    newest = load_newest(results)
    assert results.provenance.as_of == newest
    assert Document(io.BytesIO(files["report.docx"])).core_properties.created == moment
    facts = PdfReader(io.BytesIO(files["report.pdf"])).metadata
    assert facts is not None
    assert facts.creation_date == moment
    with zipfile.ZipFile(io.BytesIO(archive(files, results))) as made:
        assert made.namelist() == sorted(files)
        assert {entry.date_time[:5] for entry in made.infolist()} == {moment.timetuple()[:5]}
        lines = made.read("MANIFEST.txt").decode().splitlines()
        listed = {line[66:]: line[:64] for line in lines if line[64:66] == "  "}
        assert listed == {n: sha256(made.read(n)).hexdigest() for n in made.namelist() if n != "MANIFEST.txt"}


def load_newest(results: ManuscriptResults) -> datetime:
    signed = results.data.readings["signed_at"].max().to_pydatetime()
    decided = results.data.consensus["decided_at"].max().to_pydatetime()
    return max(signed, decided).astimezone(UTC)


def test_an_open_protocol_and_data_without_simulation_are_named_as_such(results: ManuscriptResults) -> None:
    origin = replace(results.provenance, freeze_id=None, simulated_images=0)
    readings = results.data.readings.assign(simulated=False)
    consensus = results.data.consensus.assign(simulated=False)
    data = replace(results.data, readings=readings, consensus=consensus)
    found = replace(results, provenance=origin, data=data)
    assert footer(found).startswith("protocol not frozen · ")
    assert "23 readings, none simulated" in footer(found)
    assert "Protocol not frozen" in stamp(found)
    assert warnings(found) == ("Research use only.",)
    assert len(warnings(results)) == 3
