import argparse
import json
import shutil
import tempfile

import pytest

from dls.cli import importing
from dls.cli.importing import add_parser, read_outline
from dls.domain import Sequence
from dls.errors import ConflictError, GeometryError, InputError
from dls.imaging.archive import ImageArchive
from dls.imaging.delivery import received
from dls.study import imports
from dls.study.cases import NewCase
from tests.imaging.series import OBLIQUE, change, uid, write_sequence, write_study
from tests.study.tiny_study import tiny_study

CONTOUR = OBLIQUE.to_patient([(3, 3, 2), (9, 3, 2), (6, 9, 2)]).tolist()


@pytest.fixture
def study(tmp_path):
    return write_study(tmp_path / "study")


@pytest.fixture
def outline(tmp_path):
    path = tmp_path / "outline.json"
    path.write_text(json.dumps([CONTOUR]))
    return path


def run(*arguments, source="dicom"):
    parser = argparse.ArgumentParser()
    add_parser(parser.add_subparsers())
    args = parser.parse_args(["import", source, *map(str, arguments)])
    return args.run(args)


def test_a_study_is_checked_and_shown(study, capsys):
    assert run(study) == 0
    shown = capsys.readouterr().out
    assert 'Portal venous    series "T1 VIBE fs"' in shown
    assert "16 x 12 x 8 voxels of 2.00 x 2.50 x 7.00 mm; confidence 0.95: spin echo, TE 90 ms" in shown
    assert shown.endswith("Checked; nothing was kept.\n")


def test_json_has_geometry_and_no_identifiers(study, capsys):
    run(study, "--json")
    text = capsys.readouterr().out
    sequences = json.loads(text)["sequences"]
    assert [s["sequence"] for s in sequences] == list(Sequence)
    assert sequences[0]["size"] == [16, 12, 8]
    assert sequences[0]["spacing"] == pytest.approx([2.0, 2.5, 7.0])
    assert "P1" not in text


def test_assignment_decides_and_the_rest_is_listed(study, capsys):
    write_sequence(study / "second", Sequence.T2, SeriesInstanceUID="1.2.3.90", SeriesNumber=9)
    with pytest.raises(InputError, match="not certain which series is T2"):
        run(study)
    assert run(study, "--assign", "t2=1.2.3.90") == 0
    assert 'not used         series "T2 TSE fs" as T2' in capsys.readouterr().out


def test_required_sequences(tmp_path, capsys):
    folder = write_study(tmp_path / "two", (Sequence.T2, Sequence.DWI))
    with pytest.raises(InputError, match="no T1 pre-contrast"):
        run(folder)
    assert run(folder, "--required", "t2,dwi") == 0


@pytest.mark.parametrize("option", [("--assign", "t9=1.2"), ("--assign", "t2"), ("--required", "t2,flair")])
def test_options_that_cannot_be_read(study, option):
    with pytest.raises(InputError, match=r"SEQUENCE=SERIES_UID|Unknown sequence"):
        run(study, *option)


@pytest.fixture
def store(tmp_path):
    """A study with one case that waits for its images."""
    store = tiny_study(tmp_path / "home" / "study.db", cases=0, readers=1, assigned=False)
    store.add_case(NewCase("P-00", 0, "histopathology", 20.0, "X 3 T", {}, "import", simulated_images=False))
    return store


NEW = ("--code", "P-01", "--class", "HCC", "--reference-standard", "histopathology", "--lesion-mm", 34)


def test_images_are_kept_under_a_case(store, study, outline, tmp_path, capsys):
    assert run(study, "--case", 1, "--outline", outline, "--home", tmp_path / "home") == 0
    assert capsys.readouterr().out.endswith(
        "Kept as the images of case 1 (P-00); models A, B, C, D, E, F, G are applicable.\n"
    )
    archive = ImageArchive(tmp_path / "home" / "images")
    assert list(archive.volumes(1)) == list(Sequence)
    assert archive.outline(1).to_lists() == [CONTOUR]


def test_a_new_case_with_its_images(store, study, tmp_path, capsys):
    (tmp_path / "clinical.json").write_text('{"afp": 820, "sex": "male"}')
    assert run(study, *NEW, "--clinical", tmp_path / "clinical.json", "--home", tmp_path / "home") == 0
    case = store.case(2)
    assert (case.code, case.lesion_class, case.lesion_mm, case.clinical["afp"]) == ("P-01", 4, 34, 820)
    assert case.scanner == "unknown maker"
    (written,) = imports.of_case(store, 2)
    assert (written.source, written.files) == ("folder", 48)
    assert run(study, *NEW, "--clinical", tmp_path / "clinical.json", "--home", tmp_path / "home") == 0
    assert len(store.cases()) == 2
    with pytest.raises(ConflictError, match="another afp, sex"):
        run(study, *NEW, "--home", tmp_path / "home")


def test_a_zip_archive_and_a_row_of_a_table(store, study, tmp_path):
    archive = shutil.make_archive(str(tmp_path / "study"), "zip", study)
    table = tmp_path / "cases.csv"
    table.write_text("code,class,reference_standard,lesion_mm,afp\nP-01,FNH,histopathology,12,3\n")
    assert run(archive, "--home", tmp_path / "home") == 0
    assert not (tmp_path / "home" / "images").exists()
    assert not received(tmp_path / "home")
    options = ("--code", "P-01", "--clinical", table, "--home", tmp_path / "home")
    with pytest.raises(InputError, match="--lesion-mm and the table differ"):
        run(archive, *options, "--lesion-mm", 13)
    assert run(archive, *options, "--class", "2") == 0
    assert store.case(2).lesion_class == 2
    assert imports.of_case(store, 2)[0].source == "zip"


def test_a_check_of_an_archive_writes_no_original_at_any_moment(study, tmp_path, monkeypatch):
    for path in study.rglob("*.dcm"):
        change(path, PatientName="Planted^Person", AccessionNumber="PLANTED77")
    archive = shutil.make_archive(str(tmp_path / "study"), "zip", study)
    places = [tmp_path / "home", tmp_path / "temporary"]
    places[1].mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(places[1]))
    written = []

    def look(done, total, what):  # what a kill at this moment would leave
        found = [path for place in places for path in place.rglob("*") if path.is_file()]
        written.append(len(found))
        assert not [path for path in found if b"PLANTED" in path.read_bytes().upper()]

    monkeypatch.setattr(importing, "print_progress", look)
    assert run(archive, "--home", places[0]) == 0
    assert max(written) > 40
    assert not list(places[1].iterdir())
    assert not received(places[0])


def test_an_assignment_names_the_series_of_the_originals(store, study, tmp_path):
    portal, late = uid(Sequence.PORTAL), uid(Sequence.EQUILIBRIUM)
    swapped = ("--assign", f"portal={late}", "--assign", f"equilibrium={portal}")
    assert run(study, *NEW, *swapped, "--home", tmp_path / "home") == 0
    series = imports.of_case(store, 2)[0].series
    assert series["Portal venous"]["confirmed"] == "by a person"
    assert (series["Portal venous"]["confidence"], series["Portal venous"]["reasons"]) == (None, [])


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (NEW[:-2], "no --lesion-mm"),
        ((*NEW[:2], *NEW[4:]), "no --class"),
        (
            (*NEW[:4], "--reference-standard", "formal report with follow-up", "--lesion-mm", 9),
            "histopathology",
        ),
        ((*NEW[:-1], 340), "not plausible"),
        ((*NEW[:-1], 3.4), "is it in cm"),
        (("--case", 1, *NEW[2:]), "its data stay"),
        (("--case", 9), "no such case"),
        ((*NEW, "--clinical", "missing.json"), "cannot be read"),
        ((*NEW, "--clinical", "missing.csv"), "cannot be read"),
        ((*NEW, "--required", "t2", "--assign", "dwi=1.2.3.77"), "a series that is not there"),
    ],
)
def test_a_refused_import_keeps_no_case(store, study, tmp_path, options, said):
    with pytest.raises(InputError, match=said):
        run(study, *options, "--home", tmp_path / "home")
    assert len(store.cases()) == 1
    assert not (tmp_path / "home" / "images").exists()


def test_a_failed_import_keeps_nothing(store, study, outline, tmp_path):
    outline.write_text(json.dumps([[[x + 400, y, z] for x, y, z in CONTOUR]]))
    with pytest.raises(GeometryError, match="outside the volume"):
        run(study, *NEW, "--outline", outline, "--home", tmp_path / "home")
    next((study / "portal").iterdir()).write_bytes(b"no image")
    with pytest.raises(InputError, match="is not a DICOM file"):
        run(study, *NEW, "--home", tmp_path / "home")
    assert len(store.cases()) == 1
    assert not (tmp_path / "home" / "images").exists()


def test_stopped_by_the_keyboard_and_taken_up_again(store, study, tmp_path, capsys, monkeypatch):
    def stop(done, total, what):
        if done == 20:
            raise KeyboardInterrupt

    monkeypatch.setattr(importing, "print_progress", stop)
    assert run(study, *NEW, "--home", tmp_path / "home") == 1
    assert "The same command again goes on from here" in capsys.readouterr().err
    assert len(store.cases()) == 1
    monkeypatch.undo()
    assert run(study, *NEW, "--home", tmp_path / "home") == 0
    assert len(store.cases()) == 2


def test_a_table_of_cases_with_and_without_images(store, study, tmp_path, capsys):
    header = "code,class,reference_standard,lesion_mm,images,age,bilirubin\n"
    rows = "P-01,HCC,histopathology,34,study,61,\nP-02,cyst,formal report with follow-up,12,,,12\n"
    table = tmp_path / "cases.csv"
    table.write_text(header + rows)
    home = ("--home", tmp_path / "home")
    assert run(table, "--check", *home, source="csv") == 0
    assert "2 cases; without a value: Age 1, Sex 2" in capsys.readouterr().out
    assert len(store.cases()) == 1
    assert run(table, *home, source="csv") == 0
    assert capsys.readouterr().out.endswith("2 added, 0 were there, 1 with images\n")
    by_code = {code: case_id for case_id, code in store.cases()["code"].items()}
    assert ImageArchive(tmp_path / "home" / "images").has(by_code["P-01"])
    assert not ImageArchive(tmp_path / "home" / "images").has(by_code["P-02"])
    assert run(table, *home, source="csv") == 0
    assert capsys.readouterr().out.endswith("0 added, 2 were there, 1 with images\n")
    table.write_text(header + rows.replace(",61,", ",62,"))
    with pytest.raises(ConflictError, match="another age"):
        run(table, *home, source="csv")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ((",34,", ",x,"), "row 2, column lesion_mm: not a number"),
        ((",study,", ",elsewhere,"), "Row 2, column images: there is no such folder"),
        ((",,12\n", ",,3\n"), "is it in mg/dL"),
        (("formal report with follow-up", "hearsay"), "row 3, column reference_standard"),
    ],
)
def test_a_malformed_table_changes_nothing(store, study, tmp_path, change, said):
    table = tmp_path / "cases.csv"
    text = (
        "code,class,reference_standard,lesion_mm,images,age,bilirubin\n"
        "P-01,HCC,histopathology,34,study,61,\nP-02,cyst,formal report with follow-up,12,,,12\n"
    )
    table.write_text(text.replace(*change))
    with pytest.raises(InputError) as caught:
        run(table, "--home", tmp_path / "home", source="csv")
    assert said in str(caught.value)
    assert len(store.cases()) == 1
    assert not (tmp_path / "home" / "deliveries").exists()


def test_a_case_needs_a_study(study, tmp_path):
    with pytest.raises(InputError, match="no study here"):
        run(study, "--case", 3, "--home", tmp_path / "home")
    assert not (tmp_path / "home").exists()


@pytest.mark.parametrize("content", ["{", '{"a": 1}', "3"])
def test_an_outline_that_is_none(outline, content):
    outline.write_text(content)
    with pytest.raises(InputError, match="outline"):
        read_outline(outline)


def test_the_real_series_as_t2(real_data, tmp_path, capsys):
    series = "0.0.0.0.3.8811.2.20010413115754.12432"
    assert run(real_data / "volume", "--required", "t2", "--assign", f"t2={series}") == 0
    assert "256 x 256 x 20 voxels of 0.86 x 0.86 x 7.00 mm" in capsys.readouterr().out


@pytest.fixture(scope="session")
def real_data():
    from tests.imaging.real_series import data_folder

    return data_folder()
