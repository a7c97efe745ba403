"""The data set's two layouts, each with its traps."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dls.domain import LesionClass, Sequence
from dls.errors import GeometryError, InputError
from dls.imaging.lld import ABSCESS, UNPUBLISHED, LldCase, patient_of, read_dataset
from dls.imaging.lld_volumes import load_case
from dls.imaging.mismatch import mismatches
from dls.imaging.regions import in_t2_space
from dls.imaging.roi import mask
from tests.imaging.lld_folder import LESION, OTHER, RADIUS, Patient, grid, write_challenge, write_copy

S = Sequence
PATIENTS = [
    Patient("MR104842", 6, displaced={"C+V": (2.0, -4.0, 9.0), "DWI": (0.0, 0.0, -15.0)}),
    Patient("MR-398189", 0, turned=("C+A", "DWI")),
    Patient("MR2603", 2),
    Patient("MR3573", -1),
    Patient("MR13219", 1, repeats="In Phase"),
    Patient("MR17022", 4, without=("C+Delay",)),
    Patient("MR17217", 5, repeats="C+V"),
]


@pytest.fixture(scope="module")
def challenge(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_challenge(tmp_path_factory.mktemp("challenge"), PATIENTS)


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_copy(tmp_path_factory.mktemp("copy"), PATIENTS)


@pytest.fixture(params=["challenge", "copy"])
def folder(request: pytest.FixtureRequest) -> Path:
    path: Path = request.getfixturevalue(request.param)
    return path


def case_of(folder: Path, patient: str) -> LldCase:
    return next(c for c in read_dataset(folder).cases if c.patient == patient)


def test_classes_and_exclusions_in_both_layouts(folder: Path) -> None:
    dataset = read_dataset(folder)
    assert {c.patient: c.lesion_class for c in dataset.cases} == {
        "MR104842": LesionClass.HCC,
        "MR398189": LesionClass.HEMANGIOMA,
        "MR13219": LesionClass.OTHER_PRIMARY,
        "MR17217": LesionClass.FNH,
    }
    assert dataset.excluded == {"MR2603": ABSCESS, "MR3573": UNPUBLISHED, "MR17022": "no Equilibrium"}


def test_folds_of_the_challenge(challenge: Path, copy: Path) -> None:
    folds = read_dataset(challenge).folds
    assert list(folds) == [1, 2, 3, 4, 5]
    assert folds[1] == {"MR104842", "MR17217"}
    assert "MR398189" in folds[2]
    assert read_dataset(copy).folds == {}


def test_the_grid_is_the_true_one(folder: Path) -> None:
    """In the challenge from the JSON file, with the slices' distance and not their thickness."""
    images = load_case(case_of(folder, "MR104842"))
    for sequence, phase in ((S.T2, "T2WI"), (S.DWI, "DWI"), (S.PORTAL, "C+V")):
        spacing, origin, size = grid(phase)
        geometry = images.volumes[sequence].geometry
        np.testing.assert_allclose(geometry.spacing, spacing, atol=1e-5)
        np.testing.assert_allclose(geometry.to_patient((0, 0, 0)), origin, atol=1e-4)
        assert geometry.size == size


def test_the_outline_is_the_lesion_on_t2(folder: Path) -> None:
    images = load_case(case_of(folder, "MR104842"))
    geometry = images.volumes[S.T2].geometry
    lesion = images.regions.case_lesion
    assert lesion is not None
    places = geometry.to_patient(np.argwhere(mask(lesion.outline, geometry))[:, ::-1])
    np.testing.assert_allclose(places.mean(axis=0), LESION, atol=3)
    assert np.ptp(places, axis=0).max() == pytest.approx(2 * RADIUS, abs=6)


def test_each_phase_is_shifted_to_where_its_box_lies(folder: Path) -> None:
    regions = load_case(case_of(folder, "MR104842")).regions
    np.testing.assert_allclose(regions.shift(S.PORTAL), (2, -4, 9), atol=3.6)
    np.testing.assert_allclose(regions.shift(S.DWI), (0, 0, -15), atol=4)
    np.testing.assert_allclose(regions.shift(S.PRE), (0, 0, 0), atol=3.6)


def test_after_the_shifts_nothing_is_to_be_looked_at(folder: Path) -> None:
    images = load_case(case_of(folder, "MR104842"))
    lesion = images.regions.case_lesion
    assert lesion is not None
    found = mismatches(in_t2_space(images.volumes, images.regions), lesion.outline)
    assert not [s for s, one in found.items() if one.flagged]


def test_series_stored_from_head_to_feet_are_turned_over(folder: Path) -> None:
    images = load_case(case_of(folder, "MR398189"))
    assert images.remarks == (
        "DWI turned over from head to feet",
        "Late arterial turned over from head to feet",
    )
    for sequence, phase in ((S.ARTERIAL, "C+A"), (S.PRE, "C-pre")):
        lesion = images.volumes[sequence].geometry.to_index(LESION + images.regions.shift(sequence))
        assert images.volumes[sequence].voxels[tuple(np.rint(lesion).astype(int)[::-1])] > 600, phase
    widths = (images.volumes[S.ARTERIAL].voxels > 100).sum(axis=(1, 2))
    assert widths[-1] > widths[0]
    assert OTHER[2] == len(widths)


def test_no_other_series_is_turned(folder: Path) -> None:
    for patient in ("MR104842", "MR13219"):
        assert load_case(case_of(folder, patient)).remarks == ()


def test_repeated_slices_matter_only_in_phases_that_are_used(folder: Path) -> None:
    load_case(case_of(folder, "MR13219"))
    with pytest.raises(GeometryError, match=r"Portal venous repeats slices.*\[3\]"):
        load_case(case_of(folder, "MR17217"))


def test_labels_published_later_give_the_class(tmp_path: Path) -> None:
    folder = write_challenge(tmp_path / "a", PATIENTS[:4], labels={"MR104842": 6, "MR3573": 3})
    cases = {c.patient: c.lesion_class for c in read_dataset(folder).cases}
    assert cases["MR3573"] is LesionClass.METASTASIS


def test_labels_that_contradict_the_annotation_are_refused(tmp_path: Path) -> None:
    folder = write_challenge(tmp_path / "a", PATIENTS[:1], labels={"MR104842": 4})
    with pytest.raises(InputError, match="no single class"):
        read_dataset(folder)


def test_later_lesions_of_a_patient_do_not_change_its_class(tmp_path: Path) -> None:
    folder = write_challenge(tmp_path / "a", PATIENTS[:1])
    lines = folder / "classification_dataset" / "labels" / "labels.txt"
    lines.write_bytes(lines.read_bytes() + b"MR104842_1 4\r\n")
    assert read_dataset(folder).cases[0].lesion_class is LesionClass.HCC


@pytest.mark.parametrize(
    ("key", "patient"), [("MR-398189", "MR398189"), ("MR104842_1", "MR104842"), (" mr1 ", "MR1")]
)
def test_one_spelling_for_a_patient(key: str, patient: str) -> None:
    assert patient_of(key) == patient


def edited(folder: Path, change: Callable[[list[Any]], None]) -> Path:
    path = folder / "labels" / "Annotation.json"
    content = json.loads(path.read_text())
    change(content["Annotation_info"]["MR104842"])
    path.write_text(json.dumps(content))
    return folder


def test_a_box_outside_the_volume_is_refused(tmp_path: Path) -> None:
    def change(entries: list[Any]) -> None:
        entries[0]["annotation"]["lesion"]["0"]["bbox"]["2D_box"][0]["slice_idx"] = 12

    folder = edited(write_challenge(tmp_path / "a", PATIENTS[:1]), change)
    with pytest.raises(GeometryError, match="outside T2"):
        load_case(read_dataset(folder).cases[0])


def test_the_solid_box_stands_in_for_missing_flat_ones(tmp_path: Path) -> None:
    def change(entries: list[Any]) -> None:
        for entry in entries:
            entry["annotation"]["lesion"]["0"]["bbox"]["2D_box"] = []

    folder = edited(write_challenge(tmp_path / "a", PATIENTS[:1]), change)
    np.testing.assert_allclose(
        load_case(read_dataset(folder).cases[0]).regions.shift(S.DWI), (0, 0, -15), atol=4
    )


def test_lesions_far_apart_are_refused(tmp_path: Path) -> None:
    def change(entries: list[Any]) -> None:
        entries[1]["origin"][2] += 400

    folder = edited(write_challenge(tmp_path / "a", PATIENTS[:1]), change)
    with pytest.raises(GeometryError, match="elsewhere than T2"):
        load_case(read_dataset(folder).cases[0])


def test_a_mask_beside_the_box_is_not_used(tmp_path: Path) -> None:
    folder = write_copy(tmp_path / "a", PATIENTS[:1])
    other = write_copy(tmp_path / "b", [Patient("MR104842", 6, displaced={"T2WI": (40.0, 0.0, 0.0)})])
    name = "MR104842_1_T2WI.nii.gz"
    (folder / "labels" / name).write_bytes((other / "labels" / name).read_bytes())
    images = load_case(read_dataset(folder).cases[0])
    assert images.remarks == ("the mask on T2 is empty or not where the box is; the box is used",)


def test_folders_that_are_none(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no LLD-MMRI"):
        read_dataset(tmp_path)
    (tmp_path / "LLD_MMRI_Annotation.json").write_text("[]")
    with pytest.raises(InputError, match="cannot be read"):
        read_dataset(tmp_path)
    (tmp_path / "LLD_MMRI_Annotation.json").write_text('{"Annotation_info": {"MR1": [{"phase": "DWI"}]}}')
    with pytest.raises(InputError, match="MR1 cannot be read"):
        read_dataset(tmp_path)
    with pytest.raises(InputError, match="No case"):
        read_dataset(write_challenge(tmp_path / "a", PATIENTS[2:4]))


def test_a_line_of_labels_that_cannot_be_read(tmp_path: Path) -> None:
    folder = write_challenge(tmp_path / "a", PATIENTS[:1])
    (folder / "classification_dataset" / "labels" / "labels.txt").write_text("MR104842\n")
    with pytest.raises(InputError, match=r"labels.txt:1"):
        read_dataset(folder)
