"""Training, prediction and the cache get the same pixels, bit for bit."""

from pathlib import Path

import numpy as np
import pytest

from dls.domain import ALL_SEQUENCES, UNENHANCED, Sequence
from dls.errors import InputError
from dls.imaging import preprocess
from dls.imaging.archive import ImageArchive
from dls.imaging.groups import image_groups
from dls.imaging.preprocess import GroupCache, archived_groups, case_groups
from dls.imaging.regions import Lesion, Regions, moved
from dls.imaging.volume import Volume
from tests.imaging.test_groups import T2, outline, volumes

S = Sequence
SIZE = 32


def int16_volumes() -> dict[Sequence, Volume]:
    """As the archive keeps them exactly."""
    return {s: Volume(v.voxels.astype(np.int16), v.geometry) for s, v in volumes().items()}


@pytest.fixture
def archive(tmp_path: Path) -> ImageArchive:
    kept = ImageArchive(tmp_path / "images")
    kept.put(1, int16_volumes(), outline())
    return kept


def count_makings(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    made: list[int] = []
    real = image_groups

    def counted(*args: object, **kwargs: object) -> object:
        made.append(1)
        return real(*args, **kwargs)  # type: ignore[arg-type]

    monkeypatch.setattr(preprocess, "image_groups", counted)
    return made


def test_all_ways_give_the_same_bits(archive: ImageArchive, tmp_path: Path) -> None:
    cache = GroupCache(tmp_path / "cache")
    ways = [
        image_groups(int16_volumes(), outline(), SIZE),
        case_groups(int16_volumes(), Regions.of_outline(outline()), SIZE),
        archived_groups(archive, 1, SIZE),
        archived_groups(archive, 1, SIZE, cache=cache),
        archived_groups(archive, 1, SIZE, cache=cache),
    ]
    for one in ways[1:]:
        assert one.pixels.dtype == np.float32
        np.testing.assert_array_equal(one.pixels, ways[0].pixels)
        assert one.frames == ways[0].frames
        assert one.sequences == ALL_SEQUENCES


def test_fewer_sequences_are_the_same_channels(archive: ImageArchive) -> None:
    three = archived_groups(archive, 1, SIZE, UNENHANCED)
    np.testing.assert_array_equal(three.pixels, archived_groups(archive, 1, SIZE).pixels[..., :3])


def test_a_second_call_makes_nothing(
    archive: ImageArchive, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache, made = GroupCache(tmp_path / "cache"), count_makings(monkeypatch)
    for _ in range(2):
        archived_groups(archive, 1, SIZE, cache=cache)
    assert len(made) == 1


@pytest.mark.parametrize("change", ["voxels", "outline", "shift", "target", "version", "size", "sequences"])
def test_whatever_changes_makes_them_anew(
    archive: ImageArchive, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, change: str
) -> None:
    cache = GroupCache(tmp_path / "cache")
    large, small = Lesion.new("1", outline()), Lesion.new("2", outline((5.0,), (6,)))
    archive.put_regions(1, Regions((large, small)))
    archived_groups(archive, 1, SIZE, cache=cache)
    made = count_makings(monkeypatch)
    wanted: dict[str, object] = {"size": SIZE, "cache": cache}
    if change == "voxels":
        brighter = Volume(int16_volumes()[S.DWI].voxels + np.int16(1), volumes()[S.DWI].geometry)
        archive.put(1, int16_volumes() | {S.DWI: brighter}, None)
        archive.put_regions(1, Regions((large, small)))
    elif change == "outline":
        archive.put_regions(1, Regions((Lesion(large.id, "1", outline((11.0, 14.0, 10.0))), small)))
    elif change == "shift":
        archive.put_regions(1, Regions((large, small), shifts={S.DWI: (0.0, 0.0, 1.0)}))
    elif change == "target":
        archive.put_regions(1, Regions((large, small), target=small.id))
    elif change == "version":
        monkeypatch.setattr(preprocess, "PREPROCESSING_VERSION", "other")
    elif change == "size":
        wanted["size"] = 16
    else:
        wanted["sequences"] = UNENHANCED
    archived_groups(archive, 1, **wanted)  # type: ignore[arg-type]
    assert len(made) == 1


def test_a_name_changes_nothing(
    archive: ImageArchive, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache, lesion = GroupCache(tmp_path / "cache"), Lesion.new("1", outline())
    archive.put_regions(1, Regions((lesion,)))
    archived_groups(archive, 1, SIZE, cache=cache)
    made = count_makings(monkeypatch)
    archive.put_regions(1, Regions((Lesion(lesion.id, "Segment 8", lesion.outline),)))
    archived_groups(archive, 1, SIZE, cache=cache)
    assert not made


def test_a_damaged_entry_is_made_again(archive: ImageArchive, tmp_path: Path) -> None:
    cache = GroupCache(tmp_path / "cache")
    first = archived_groups(archive, 1, SIZE, cache=cache)
    (entry,) = (tmp_path / "cache").rglob("*.npz")
    entry.write_bytes(entry.read_bytes()[:1000])
    np.testing.assert_array_equal(archived_groups(archive, 1, SIZE, cache=cache).pixels, first.pixels)
    assert entry.stat().st_size > 1000


def test_beyond_its_limit_what_was_not_asked_for_the_longest_goes(
    archive: ImageArchive, tmp_path: Path
) -> None:
    roomy = GroupCache(tmp_path / "cache")
    archived_groups(archive, 1, SIZE, cache=roomy)
    archived_groups(archive, 1, SIZE, UNENHANCED, roomy)
    both = sum(p.stat().st_size for p in roomy.root.rglob("*.npz"))
    archived_groups(archive, 1, SIZE, cache=roomy)
    before = set(roomy.root.rglob("*.npz"))
    archived_groups(archive, 1, SIZE, (S.T2,), GroupCache(roomy.root, limit=both))
    after = set(roomy.root.rglob("*.npz"))
    assert len(before - after) == len(after - before) == 1
    assert max(p.stat().st_size for p in after) > both / 2  # the six sequences, asked for again, stay


def test_a_shift_undoes_a_displacement() -> None:
    """DWI acquired with the body moved, and that shift recorded, gives the groups of no motion."""
    still = volumes()
    motion = (3.0, 0.0, -7.0)
    back = (-3.0, 0.0, 7.0)
    displaced = still | {S.DWI: Volume(still[S.DWI].voxels, moved(still[S.DWI].geometry, back))}
    lesion = Lesion.new("1", outline())
    wanted = case_groups(still, Regions((lesion,)), SIZE).pixels
    without = case_groups(displaced, Regions((lesion,)), SIZE).pixels
    corrected = case_groups(displaced, Regions((lesion,), shifts={S.DWI: motion}), SIZE).pixels
    assert np.abs(without[..., 1] - wanted[..., 1]).max() > 0.005
    np.testing.assert_allclose(corrected, wanted, atol=1e-6)


def test_the_archive_takes_shifts_out_as_well(archive: ImageArchive) -> None:
    regions = Regions((Lesion.new("1", outline()),), shifts={S.PORTAL: (2.0, -3.0, 7.0)})
    archive.put_regions(1, regions)
    kept = archived_groups(archive, 1, SIZE).pixels
    np.testing.assert_array_equal(kept, case_groups(int16_volumes(), regions, SIZE).pixels)
    assert archive.volumes(1)[S.PORTAL].geometry == moved(volumes()[S.PORTAL].geometry, (2.0, -3.0, 7.0))


def test_groups_are_of_the_lesion_that_the_case_is_about() -> None:
    one, other = Lesion.new("1", outline()), Lesion.new("2", outline((8.0,), (3,)))
    assert len(case_groups(volumes(), Regions((one, other)), SIZE).pixels) == 3
    found = case_groups(volumes(), Regions((one, other), target=other.id), SIZE)
    assert len(found.pixels) == 1
    assert found.frames[0].contains(T2.to_patient((50, 45, 3)))


def test_nothing_outlined_is_an_error(archive: ImageArchive) -> None:
    archive.put_regions(1, Regions())
    with pytest.raises(InputError, match="no outline"):
        archived_groups(archive, 1, SIZE)
