import json
from pathlib import Path

import numpy as np
import pytest

from dls.domain import Sequence
from dls.errors import DLSError, InputError
from dls.imaging.regions import Lesion, Regions, in_t2_space, moved
from dls.imaging.roi import Outline
from dls.imaging.volume import Volume
from tests.imaging.series import OBLIQUE, ramp


def square(side: float, k: int = 2, at: float = 2.0) -> np.ndarray:
    """A square of `side` voxels on slice k of the oblique grid (voxels of 2 x 2.5 mm)."""
    corners = np.array([(0, 0, 0), (side, 0, 0), (side, side, 0), (0, side, 0)]) + np.array((at, at, k))
    return OBLIQUE.to_patient(corners)


def lesion(*contours: np.ndarray) -> Lesion:
    return Lesion.new("Lesion", Outline(tuple(contours)))


def test_area_over_slices_and_holes() -> None:
    assert lesion(square(4)).area == pytest.approx(4 * 4 * 5)
    assert lesion(square(4), square(2, k=3)[::-1]).area == pytest.approx((16 + 4) * 5)
    assert lesion(square(4), square(2, at=3.0)).area == pytest.approx((16 - 4) * 5)
    assert lesion(square(4), square(2, at=3.0)[::-1]).area == pytest.approx((16 - 4) * 5)


def test_the_case_is_about_the_marked_lesion_else_the_largest() -> None:
    small, large = lesion(square(2)), lesion(square(4))
    assert Regions((small, large)).case_lesion is large
    assert Regions((small, large), target=small.id).case_lesion is small
    assert Regions().case_lesion is None


def test_json_gives_everything_back(tmp_path: Path) -> None:
    one, other = lesion(square(2)), lesion(square(4), square(3, k=5))
    regions = Regions((one, other), one.id, {Sequence.PORTAL: (1.25, -3.0, 7.0)})
    regions.save_json(tmp_path / "regions.json")
    back = Regions.load_json(tmp_path / "regions.json")
    assert back.to_record() == regions.to_record()
    np.testing.assert_array_equal(back.lesions[1].outline.contours[1], other.outline.contours[1])
    assert back.shift(Sequence.PORTAL) == (1.25, -3.0, 7.0)
    assert back.shift(Sequence.DWI) == (0.0, 0.0, 0.0)


def test_a_bare_list_of_contours_is_one_lesion_with_one_id() -> None:
    record = [square(3).tolist()]
    assert Regions.from_record(record).lesions[0].id == Regions.from_record(record).lesions[0].id
    assert (
        Regions.from_record(record).lesions[0].id != Regions.from_record([square(4).tolist()]).lesions[0].id
    )


def test_the_tracking_uid_is_a_valid_uid() -> None:
    uid = lesion(square(2)).tracking_uid
    assert uid.startswith("2.25.")
    assert len(uid) <= 64


ONE = lesion(square(2))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"version": 2}, "no regions"),
        ({"space": "RAS"}, "another space"),
        ({"lesions": [{"id": "x"}]}, "cannot be read"),
        ({"lesions": [{"id": "x", "name": "n", "contours": [square(2).tolist()]}]}, "ids of their own"),
        ({"lesions": [{"id": ONE.id, "name": "n", "contours": [[[0, 0], [1, 1]]]}]}, "not a polygon"),
        ({"target": "0" * 32}, "does not exist"),
        ({"shifts": {"t2": [1, 0, 0]}}, "T2 cannot be shifted"),
        ({"shifts": {"adc": [1, 0, 0]}}, "Unknown sequence"),
        ({"shifts": {"dwi": [1, 0]}}, "cannot be used"),
        ({"shifts": {"dwi": [1, 0, float("nan")]}}, "cannot be used"),
        ({"shifts": {"dwi": [0, 0, 100.5]}}, "cannot be used"),
        ({"shifts": [1]}, "cannot be read"),
    ],
)
def test_bad_records_are_refused(change: dict, said: str) -> None:
    record = Regions((ONE,)).to_record() | change
    with pytest.raises(DLSError, match=said):
        Regions.from_record(record)


def test_too_much_is_refused() -> None:
    with pytest.raises(InputError, match="cannot be kept"):
        Regions(tuple(lesion(square(2)) for _ in range(51)))
    many = np.repeat(square(2), 12_501, axis=0)
    with pytest.raises(InputError, match="cannot be kept"):
        Regions((lesion(many),))


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be read"):
        Regions.load_json(tmp_path / "none.json")
    (tmp_path / "text.json").write_text("{")
    with pytest.raises(InputError, match="cannot be read"):
        Regions.load_json(tmp_path / "text.json")
    (tmp_path / "number.json").write_text(json.dumps(3))
    with pytest.raises(InputError, match="no regions"):
        Regions.load_json(tmp_path / "number.json")


def test_a_sequence_shows_at_p_plus_shift_what_the_moved_grid_has_at_p() -> None:
    shift, point = (3.0, -4.0, 6.5), OBLIQUE.to_patient((5, 6, 3))
    np.testing.assert_allclose(moved(OBLIQUE, shift).to_index(point - shift), (5, 6, 3), atol=1e-9)
    volumes = {s: Volume(ramp(), OBLIQUE) for s in (Sequence.T2, Sequence.DWI)}
    placed = in_t2_space(volumes, Regions((ONE,), shifts={Sequence.DWI: shift}))
    assert placed[Sequence.T2].geometry == OBLIQUE
    assert placed[Sequence.DWI].geometry == moved(OBLIQUE, shift)
    assert placed[Sequence.DWI].voxels is volumes[Sequence.DWI].voxels
