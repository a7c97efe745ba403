import argparse
import json

import pytest

from dls.cli.importing import add_parser, import_into, read_outline
from dls.domain import Sequence
from dls.errors import GeometryError, InputError
from dls.imaging.archive import ImageArchive
from tests.imaging.series import OBLIQUE, write_sequence, write_study

CONTOUR = OBLIQUE.to_patient([(3, 3, 2), (9, 3, 2), (6, 9, 2)]).tolist()


@pytest.fixture
def study(tmp_path):
    return write_study(tmp_path / "study")


@pytest.fixture
def outline(tmp_path):
    path = tmp_path / "outline.json"
    path.write_text(json.dumps([CONTOUR]))
    return path


def run(*arguments):
    parser = argparse.ArgumentParser()
    add_parser(parser.add_subparsers())
    args = parser.parse_args(["import", "dicom", *map(str, arguments)])
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


def test_images_are_kept_under_a_case(study, outline, tmp_path):
    import_into(tmp_path / "home", study, 3, read_outline(outline))
    archive = ImageArchive(tmp_path / "home" / "images")
    assert list(archive.volumes(3)) == list(Sequence)
    assert archive.outline(3).to_lists() == [CONTOUR]


def test_a_failed_import_keeps_nothing(study, tmp_path):
    next((study / "portal").iterdir()).write_bytes(b"no image")
    with pytest.raises(InputError, match="is not a DICOM file"):
        import_into(tmp_path / "home", study, 3, None)
    assert not (tmp_path / "home").exists()


def test_an_outline_of_another_patient_keeps_nothing(study, outline, tmp_path):
    outline.write_text(json.dumps([[[x + 400, y, z] for x, y, z in CONTOUR]]))
    with pytest.raises(GeometryError, match="outside the volume"):
        import_into(tmp_path / "home", study, 3, read_outline(outline))
    assert not (tmp_path / "home").exists()


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
