"""A known displacement raises the score and is found again; a sequence that lies right scores near zero."""

import numpy as np
import pytest

from dls.domain import Sequence
from dls.geometry import Geometry
from dls.imaging.mismatch import BINS, mismatches, similarity
from dls.imaging.regions import moved
from dls.imaging.roi import Outline
from dls.imaging.volume import Volume

S = Sequence
GRID = Geometry((110, 90, 14), (-110.0, -90.0, -42.0), (2.0, 2.0, 7.0), (1, 0, 0, 0, 1, 0, 0, 0, 1))
OTHER = Geometry((80, 70, 30), (-112.0, -92.0, -45.0), (2.8, 2.7, 3.5), (1, 0, 0, 0, 1, 0, 0, 0, 1))
CENTRE = np.array([10.0, -5.0, 0.0])


def painted(geometry: Geometry, body: float, lesion: float, vessel: float) -> Volume:
    """A lesion of 18 mm radius with a vessel beside it; contrasts differ by sequence."""
    k, j, i = np.indices(geometry.shape)
    points = geometry.to_patient(np.stack([i, j, k], axis=-1))
    values = np.full(geometry.shape, float(body))
    values[np.linalg.norm(points - CENTRE, axis=-1) < 18] = lesion
    values[np.linalg.norm((points - CENTRE - (32, 8, 0))[..., :2], axis=-1) < 6] = vessel
    values += np.random.default_rng(3).normal(0, 12, geometry.shape)
    return Volume(values.astype(np.int16), geometry)


def outline() -> Outline:
    angle = np.linspace(0, 2 * np.pi, 40, endpoint=False)
    slices = [k for k in range(GRID.size[2]) if abs(GRID.origin[2] + 7 * k) < 18]
    circles = []
    for k in slices:
        z = GRID.origin[2] + 7 * k
        radius = np.sqrt(18**2 - z**2)
        circles.append(
            np.column_stack([10 + radius * np.cos(angle), -5 + radius * np.sin(angle), 0 * angle + z])
        )
    return Outline(tuple(circles))


def study(**displaced: tuple[float, float, float]) -> dict[Sequence, Volume]:
    volumes = {
        S.T2: painted(GRID, 200, 600, 350),
        S.DWI: painted(GRID, 150, 500, 90),
        S.PORTAL: painted(OTHER, 500, 300, 900),
    }
    for sequence in S:
        if sequence.name in displaced:
            volume = volumes[sequence]
            volumes[sequence] = Volume(volume.voxels, moved(volume.geometry, displaced[sequence.name]))
    return volumes


def test_what_lies_right_scores_low() -> None:
    found = mismatches(study(), outline())
    assert set(found) == {S.DWI, S.PORTAL}
    for one in found.values():
        assert one.score < 0.1
        assert not one.flagged


@pytest.mark.parametrize("shift", [(8.0, 0.0, 0.0), (0.0, -6.0, 7.0), (-4.0, 4.0, -10.5)])
def test_a_displacement_raises_the_score_and_is_found(shift: tuple[float, float, float]) -> None:
    """Grids moved by -shift show at p what lies at p + shift, so that -shift lays them back."""
    before, after = mismatches(study(), outline()), mismatches(study(DWI=shift, PORTAL=shift), outline())
    for sequence in (S.DWI, S.PORTAL):
        assert after[sequence].score > before[sequence].score + 0.3
        assert after[sequence].flagged
        np.testing.assert_allclose(after[sequence].better, -np.array(shift), atol=3.6)


def test_the_score_grows_with_the_displacement() -> None:
    scores = [mismatches(study(DWI=(mm, 0.0, 0.0)), outline())[S.DWI].score for mm in (0.0, 4.0, 8.0, 12.0)]
    assert scores == sorted(scores)


def test_similarity_by_hand() -> None:
    """Two bins of equal size: identical 2; independent 1; (ln2 + ln2) / joint entropy in between."""
    a = np.array([0, 0, 1, 1])
    assert similarity(a, a) == pytest.approx(2)
    assert similarity(a, np.array([BINS - 1, 5, BINS - 1, 5])) == pytest.approx(1)
    assert similarity(np.zeros(4, int), np.zeros(4, int)) == 1.0
    joint = -(0.5 * np.log(0.5) + 2 * 0.25 * np.log(0.25))
    other = -(0.75 * np.log(0.75) + 0.25 * np.log(0.25))
    assert similarity(a, np.array([0, 0, 0, 1])) == pytest.approx((np.log(2) + other) / joint)
