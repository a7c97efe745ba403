"""What a rendered study promises: bytes, grids, what is where and when it enhances."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from dls.domain import ALL_SEQUENCES, Sequence
from dls.phantom.body import draw_body
from dls.phantom.cohort import PhantomPatient, validation_cohort
from dls.phantom.render import PhantomSeries, PhantomStudy, render

DYNAMIC = ALL_SEQUENCES[2:]


def series(study: PhantomStudy, sequence: Sequence) -> PhantomSeries:
    return study.series[ALL_SEQUENCES.index(sequence)]


def mean_at(found: PhantomSeries, centre: tuple[float, float, float], radius: float) -> float:
    """Mean of the slice nearest to a point within this in-plane radius, mm."""
    i, j, k = found.geometry.to_index(centre)
    rows, columns = np.ogrid[: found.voxels.shape[1], : found.voxels.shape[2]]
    inside = np.hypot(rows - j, columns - i) * found.geometry.spacing[0] < radius
    return float(found.voxels[round(float(k))][inside].mean())


def test_the_same_patient_gives_the_same_bytes(patient: PhantomPatient, study: PhantomStudy) -> None:
    again = render(patient)
    for one, other in zip(study.series, again.series, strict=True):
        assert one.voxels.tobytes() == other.voxels.tobytes()
        assert one.geometry == other.geometry
        assert one.tags == other.tags
    assert [c.tolist() for c in study.outline] == [c.tolist() for c in again.outline]


def test_another_seed_gives_other_images(patient: PhantomPatient, study: PhantomStudy) -> None:
    other = render(replace(patient, seed=patient.seed + 1))
    assert not np.array_equal(study.series[0].voxels, other.series[0].voxels)


def test_six_series_of_int16_on_their_grids(study: PhantomStudy) -> None:
    assert tuple(s.sequence for s in study.series) == ALL_SEQUENCES
    for found in study.series:
        assert found.voxels.dtype == np.int16
        assert found.voxels.shape == found.geometry.shape
        assert found.voxels.min() >= 0
        assert 100 < found.voxels.max() < 32767
        assert np.linalg.det(found.geometry.cosines) == pytest.approx(1)


def test_dynamic_phases_share_a_grid_that_is_not_that_of_t2(study: PhantomStudy) -> None:
    geometries = [series(study, s).geometry for s in DYNAMIC]
    assert len(set(geometries)) == 1
    assert geometries[0] != series(study, Sequence.T2).geometry


def test_outline_lies_in_the_t2_volume_on_its_slices(study: PhantomStudy) -> None:
    geometry = series(study, Sequence.T2).geometry
    slices = []
    for contour in study.outline:
        assert geometry.contains(contour).all()
        k = geometry.to_index(contour)[:, 2]
        assert k == pytest.approx(np.full(len(k), round(k[0])), abs=1e-6)
        slices.append(round(float(k[0])))
    assert slices == list(range(slices[0], slices[-1] + 1))


def test_outline_covers_the_lesion(patient: PhantomPatient, study: PhantomStudy) -> None:
    extent = np.ptp(np.concatenate(study.outline), axis=0)
    assert 0.7 * patient.lesion_mm < extent[:2].max() < 2.0 * patient.lesion_mm
    body = draw_body(patient)
    t2 = series(study, Sequence.T2)
    middle = study.outline[len(study.outline) // 2].mean(axis=0)
    assert np.linalg.norm(middle - body.lesion.body.centre) < 0.4 * patient.lesion_mm + 7
    inside, liver = mean_at(t2, tuple(middle), 6), np.median(t2.voxels[t2.voxels > 30])
    assert inside > 1.5 * liver


def test_aorta_is_brightest_in_the_arterial_phase_and_the_portal_vein_later(
    patient: PhantomPatient, study: PhantomStudy
) -> None:
    anatomy = draw_body(patient).anatomy
    aorta = next(p.shape for p in anatomy.behind if p.tissue == "artery").bounds[0]
    signal = [mean_at(series(study, s), (aorta[0], aorta[1], 30.0), 4.0) for s in DYNAMIC]
    assert signal[1] > signal[2] > signal[3] > signal[0]
    stem = next(p.shape for p in anatomy.behind if p.tissue == "portal vein").bounds[0]
    pre, arterial, portal, _ = (mean_at(series(study, s), stem, 3.0) for s in DYNAMIC)
    assert portal > arterial > pre


def test_a_cyst_does_not_enhance() -> None:
    cyst = next(p for p in validation_cohort() if p.lesion_class.name == "CYST" and 35 < p.lesion_mm < 60)
    study = render(cyst)
    centre = study.outline[len(study.outline) // 2].mean(axis=0)
    values = [mean_at(series(study, s), tuple(centre), 6.0) for s in DYNAMIC]
    assert max(values[1:]) < 1.3 * values[0]


def test_tags_say_what_it_is(patient: PhantomPatient, study: PhantomStudy) -> None:
    tags = [s.tags for s in study.series]
    assert {t["PatientID"] for t in tags} == {patient.code}
    assert len({t["FrameOfReferenceUID"] for t in tags}) == len({t["StudyInstanceUID"] for t in tags}) == 1
    assert len({t["SeriesInstanceUID"] for t in tags}) == 6
    assert {t["ImageComments"] for t in tags} == {"procedural phantom, not a patient"}
