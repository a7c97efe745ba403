"""A phantom goes through DICOM files and the importer on its way into the archive."""

from pathlib import Path

import pytest

from dls.demo.images import build_groups, render_case
from dls.domain import ALL_SEQUENCES
from dls.errors import InputError
from dls.imaging.archive import ImageArchive
from dls.phantom.cohort import training_cohort


def test_a_case_is_rendered_imported_and_kept(tmp_path: Path) -> None:
    render_case(tmp_path, 7, "phantom:V-001")
    archive = ImageArchive(tmp_path)
    assert set(archive.volumes(7)) == set(ALL_SEQUENCES)
    assert archive.outline(7) is not None
    written = (tmp_path / "7" / "case.json").stat().st_mtime_ns
    render_case(tmp_path, 7, "phantom:V-001")
    assert (tmp_path / "7" / "case.json").stat().st_mtime_ns == written


def test_an_unknown_phantom_is_refused_and_nothing_is_kept(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="phantom:V-001 to phantom:V-201"):
        render_case(tmp_path, 1, "phantom:V-999")
    assert not ImageArchive(tmp_path).has(1)


def test_groups_of_a_cohort_keep_the_order_of_patients() -> None:
    patients = training_cohort()[:2]
    groups = build_groups(patients, 32, workers=1)
    assert groups.codes.tolist() == ["T-0001", "T-0002"]
    assert groups.lesion_class.tolist() == [int(p.lesion_class) for p in patients]
    assert groups.pixels.shape[1:] == (32, 32, 6)
