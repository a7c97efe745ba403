"""The one way in: what comes out of a study, and that every failure leaves nothing behind."""

import shutil

import numpy as np
import pytest

from dls.domain import UNENHANCED, Sequence
from dls.errors import GeometryError, InputError
from dls.geometry import Geometry
from dls.imaging import importer
from dls.imaging.importer import import_study, read_series, survey
from tests.imaging.series import OBLIQUE, change, ramp, uid, write_sequence, write_study

S = Sequence


def files(folder, sequence):
    return sorted((folder / sequence.slug).iterdir())


def test_a_study_of_six_sequences(study):
    imported = import_study(study)
    assert tuple(imported.volumes) == tuple(S)
    assert imported.series == {s: uid(s) for s in S}
    assert (imported.frame_of_reference, imported.patient_id, imported.study_uid) == (
        "1.2.3.9",
        "P1",
        "1.2.3",
    )
    for volume in imported.volumes.values():
        np.testing.assert_array_equal(volume.voxels, ramp())


def test_each_sequence_keeps_its_own_grid(tmp_path):
    other = Geometry((10, 9, 8), (-25, -20, 0), (3.0, 3.0, 6.5), (1, 0, 0, 0, 1, 0, 0, 0, 1))
    write_study(tmp_path, tuple(s for s in S if s is not S.DWI))
    write_sequence(tmp_path, S.DWI, other)
    volumes = import_study(tmp_path).volumes
    assert volumes[S.DWI].geometry.size == other.size
    np.testing.assert_allclose(volumes[S.DWI].geometry.spacing, other.spacing)
    assert volumes[S.T2].geometry.size == OBLIQUE.size


def test_files_in_one_heap_are_sorted_out(study, tmp_path):
    heap = tmp_path / "heap"
    heap.mkdir()
    for number, path in enumerate(sorted(study.rglob("*.dcm"))):
        shutil.copy(path, heap / f"IM{number:05d}")
    assert import_study(heap).series == {s: uid(s) for s in S}


def test_the_same_study_twice_gives_the_same(study):
    first, second = import_study(study), import_study(study)
    assert first.typing == second.typing
    assert all((first.volumes[s].voxels == second.volumes[s].voxels).all() for s in S)


def test_a_missing_sequence_is_named(tmp_path):
    write_study(tmp_path, tuple(s for s in S if s is not S.DWI))
    with pytest.raises(InputError, match="The study has no DWI sequence"):
        import_study(tmp_path)


def test_three_unenhanced_sequences_suffice_where_only_they_are_required(tmp_path):
    write_study(tmp_path, UNENHANCED[:2])
    write_sequence(tmp_path, S.PRE, SeriesDescription="T1 VIBE pre", ContrastBolusStartTime="")
    assert tuple(import_study(tmp_path, required=UNENHANCED).volumes) == UNENHANCED


def test_a_defect_names_sequence_and_series(study):
    files(study, S.PORTAL)[0].unlink()
    change(files(study, S.PORTAL)[3], ImagePositionPatient=[0, 0, 0])
    with pytest.raises(GeometryError, match=r'Portal venous \(series "T1 VIBE fs"\): '):
        import_study(study)


@pytest.mark.parametrize("sequence", list(S))
def test_a_slice_missing_in_any_sequence(study, sequence):
    paths = {path: importer.read_headers(path.parent) for path in files(study, sequence)[:1]}
    inner = [h.path for headers in paths.values() for h in headers if h.instance_number == 4]
    inner[0].unlink()
    with pytest.raises(GeometryError, match=f"{sequence}.*A slice is missing"):
        import_study(study)


def test_a_defect_in_a_series_that_is_not_used_does_no_harm(study):
    odd = write_sequence(
        study / "extra", S.T2, SeriesInstanceUID="1.2.3.60", SeriesDescription="T2 localizer"
    )
    odd[3].unlink()
    assert import_study(study).series[S.T2] == uid(S.T2)


def test_geometry_is_refused_before_pixels_are_read(study, monkeypatch):
    for path in files(study, S.EQUILIBRIUM):
        change(path, ImagePositionPatient=None)
    monkeypatch.setattr(importer, "decode", lambda headers: pytest.fail("pixels were read"))
    with pytest.raises(GeometryError, match=r"Equilibrium.*has no geometry"):
        import_study(study)


def test_different_frames_of_reference(study):
    for path in files(study, S.DWI):
        change(path, FrameOfReferenceUID="1.2.3.99")
    with pytest.raises(GeometryError, match=r"different frames of reference.*DWI 1\.2\.3\.99"):
        import_study(study)


def test_no_frame_of_reference(study):
    for path in files(study, S.DWI):
        change(path, FrameOfReferenceUID=None)
    with pytest.raises(GeometryError, match=r"no frame of reference.*none in DWI"):
        import_study(study)


@pytest.mark.parametrize(("keyword", "what"), [("PatientID", "patient"), ("StudyInstanceUID", "study")])
def test_two_patients_or_studies(study, keyword, what):
    change(files(study, S.T2)[0], **{keyword: "9.9"})
    with pytest.raises(InputError, match=f"more than one {what}"):
        import_study(study)


def test_a_file_that_is_not_dicom(study):
    (study / "report.pdf").write_bytes(b"%PDF-1.4")
    with pytest.raises(InputError, match=r"report\.pdf is not a DICOM file"):
        import_study(study)


def test_a_truncated_file(study):
    path = files(study, S.ARTERIAL)[5]
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(InputError, match=f"{path.name} is cut short"):
        import_study(study)


def test_no_mr(study):
    for path in study.rglob("*.dcm"):
        change(path, Modality="CT")
    with pytest.raises(InputError, match=r"no MR image.*CT"):
        import_study(study)


def test_another_modality_beside_mr_is_left_out(study):
    for path in write_sequence(study / "ct", S.T2, SeriesInstanceUID="1.2.3.61"):
        change(path, Modality="CT")
    assert import_study(study).series[S.T2] == uid(S.T2)


def test_nothing_recognised(tmp_path):
    write_sequence(tmp_path, S.T2, EchoTime=20, SeriesDescription="PD")
    with pytest.raises(InputError, match="No series of the study is recognised"):
        import_study(tmp_path, required=())
    assert tuple(import_study(tmp_path, required=(), assignment={S.T2: uid(S.T2)}).volumes) == (S.T2,)


def test_survey_reads_no_pixels_and_lists_all(study):
    found, typing = survey(study)
    assert {stack.uid for stack in found} == {uid(s) for s in S}
    assert {c.sequence for c in typing} == set(S)


def test_progress(study):
    seen = []
    import_study(study, progress=lambda *step: seen.append(step))
    assert seen[47] == (48, 48, "reading headers")
    assert seen[-1] == (6, 6, "decoding")


class TestReadSeries:
    def test_several_series(self, study):
        with pytest.raises(InputError, match=r"several series.*6"):
            read_series(study)

    def test_the_real_series(self, real_data):
        volume = read_series(real_data / "volume")
        assert volume.geometry.spacing[2] == pytest.approx(7.0, abs=1e-3)
        assert volume.voxels.shape == (20, 256, 256)
        assert volume.voxels.dtype == np.int16

    @pytest.mark.parametrize(
        ("change_folder", "message"),
        [
            (lambda folder: (folder / "brain_010.dcm").unlink(), "A slice is missing"),
            (
                lambda folder: shutil.copy(folder / "brain_010.dcm", folder / "copy.dcm"),
                "lie at the same position",
            ),
        ],
    )
    def test_the_real_series_with_a_slice_removed_or_duplicated(
        self, real_data, tmp_path, change_folder, message
    ):
        folder = tmp_path / "series"
        shutil.copytree(real_data / "volume", folder)
        change_folder(folder)
        with pytest.raises(GeometryError, match=message):
            read_series(folder)
        with pytest.raises(GeometryError, match=f"T2 .*{message}"):
            import_study(folder, required=(S.T2,), assignment={S.T2: "0.0.0.0.3.8811.2.20010413115754.12432"})
