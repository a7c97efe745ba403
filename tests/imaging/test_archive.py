import gzip
import json
import os

import numpy as np
import pytest

from dls.domain import Sequence
from dls.errors import GeometryError, InputError
from dls.imaging import archived_volume
from dls.imaging.archive import ImageArchive
from dls.imaging.regions import Lesion, Regions
from dls.imaging.roi import Outline
from dls.imaging.volume import Volume
from tests.imaging.series import OBLIQUE, ramp

S = Sequence
OUTLINE = Outline((OBLIQUE.to_patient([(3, 3, 2), (9, 3, 2), (6, 9, 2)]),))


def volumes(shift=0):
    return {s: Volume(ramp() + np.int16(shift + n), OBLIQUE) for n, s in enumerate(S)}


@pytest.fixture
def archive(tmp_path):
    kept = ImageArchive(tmp_path / "images")
    kept.put(7, volumes(), OUTLINE)
    return kept


def contents(archive):
    return {p.relative_to(archive.root): p.read_bytes() for p in archive.root.rglob("*") if p.is_file()}


def test_what_is_put_comes_back(archive):
    assert archive.has(7)
    assert not archive.has(8)
    for sequence, volume in archive.volumes(7).items():
        np.testing.assert_array_equal(volume.voxels, volumes()[sequence].voxels)
        np.testing.assert_allclose(
            volume.geometry.to_patient((5, 4, 3)), OBLIQUE.to_patient((5, 4, 3)), atol=1e-9
        )
    np.testing.assert_array_equal(archive.outline(7).contours[0], OUTLINE.contours[0])


def test_bytes_for_the_viewer(archive):
    data = gzip.decompress(archive.volume_gzip(7, S.DWI))
    np.testing.assert_array_equal(np.frombuffer(data, "<i2").reshape(OBLIQUE.shape), ramp() + 1)
    middle = np.frombuffer(archive.slice_bytes(7, S.DWI, 4), "<i2").reshape(12, 16)
    np.testing.assert_array_equal(middle, ramp()[4] + 1)


def test_geometry_for_the_viewer(archive):
    record = json.loads(json.dumps(archive.geometry(7)))
    t2 = record["sequences"][0]
    assert [s["slug"] for s in record["sequences"]] == [
        "t2",
        "dwi",
        "pre",
        "arterial",
        "portal",
        "equilibrium",
    ]
    assert set(t2) == {
        "name",
        "shift",
        "slug",
        "nx",
        "ny",
        "nz",
        "origin",
        "row",
        "col",
        "nrm",
        "sp",
        "dz",
        "wl",
        "rescale",
    }
    assert (t2["name"], t2["nx"], t2["ny"], t2["nz"]) == ("T2", 16, 12, 8)
    i, j, k = 5, 4, 3
    point = (
        np.array(t2["origin"])
        + i * t2["sp"][0] * np.array(t2["row"])
        + j * t2["sp"][1] * np.array(t2["col"])
        + k * t2["dz"] * np.array(t2["nrm"])
    )
    np.testing.assert_allclose(point, OBLIQUE.to_patient((i, j, k)), atol=1e-9)
    assert record["outline"] == OUTLINE.to_lists()


def test_the_same_study_twice_changes_nothing(archive):
    before = contents(archive)
    archive.put(7, volumes(), OUTLINE)
    assert contents(archive) == before


def test_another_study_replaces_all_of_the_former(archive):
    archive.put(7, {S.T2: Volume(ramp() + np.int16(9), OBLIQUE)}, None)
    assert list(archive.volumes(7)) == [S.T2]
    assert archive.outline(7) is None
    assert len(list((archive.root / "7").glob("*.gz"))) == 1


def test_a_failure_half_way_leaves_the_former_case(archive, monkeypatch):
    before = {s: v.voxels for s, v in archive.volumes(7).items()}
    write = archived_volume.write_whole

    def failing(path, data):
        if path.name.startswith("portal"):
            raise OSError("disk full")
        write(path, data)

    monkeypatch.setattr(archived_volume, "write_whole", failing)
    with pytest.raises(OSError, match="disk full"):
        archive.put(7, volumes(shift=100), None)
    monkeypatch.undo()
    after = archive.volumes(7)
    assert all((after[s].voxels == before[s]).all() for s in S)
    assert archive.outline(7) is not None
    archive.put(7, volumes(), OUTLINE)  # clears away what the failure left
    assert len(list((archive.root / "7").glob("*.gz"))) == 6


def test_a_failure_at_the_first_import_leaves_no_case(tmp_path, monkeypatch):
    archive = ImageArchive(tmp_path)
    monkeypatch.setattr(os, "fsync", lambda handle: (_ for _ in ()).throw(OSError("disk full")))
    with pytest.raises(OSError, match="disk full"):
        archive.put(1, volumes(), None)
    assert not archive.has(1)


def test_real_valued_volumes_are_kept_to_one_step_of_65534(tmp_path):
    archive = ImageArchive(tmp_path)
    voxels = np.random.default_rng(0).normal(50, 400, OBLIQUE.shape).astype(np.float32)
    archive.put(1, {S.T2: Volume(voxels, OBLIQUE, (60.0, 1500.0))}, None)
    step = np.ptp(voxels) / 65534
    assert np.abs(archive.volumes(1)[S.T2].voxels - voxels).max() <= 0.51 * step
    entry = archive.geometry(1)["sequences"][0]
    (slope, intercept), (centre, width) = entry["rescale"], entry["wl"]
    assert (centre * slope + intercept, width * slope) == pytest.approx((60.0, 1500.0))


def test_a_window_is_kept(tmp_path):
    archive = ImageArchive(tmp_path)
    archive.put(1, {S.T2: Volume(ramp(), OBLIQUE, (800.0, 1500.0))}, None)
    assert archive.geometry(1)["sequences"][0]["wl"] == [800.0, 1500.0]


class TestDamage:
    def path(self, archive, slug="dwi"):
        (path,) = (archive.root / "7").glob(f"{slug}-*.gz")
        return path

    def test_a_changed_file(self, archive):
        data = bytearray(self.path(archive).read_bytes())
        data[50] ^= 1
        self.path(archive).write_bytes(bytes(data))
        with pytest.raises(InputError, match=r"damaged.*dwi-.*hash differs"):
            archive.volumes(7)

    def test_a_file_cut_short(self, archive):
        self.path(archive).write_bytes(self.path(archive).read_bytes()[:200])
        with pytest.raises(InputError, match="damaged"):
            archive.slice_bytes(7, S.DWI, 7)

    def test_a_missing_file(self, archive):
        self.path(archive).unlink()
        for use in (
            archive.volumes,
            lambda c: archive.volume_gzip(c, S.DWI),
            lambda c: archive.slice_bytes(c, S.DWI, 0),
        ):
            with pytest.raises(InputError, match="damaged"):
                use(7)

    def test_importing_again_mends_it(self, archive):
        self.path(archive).write_bytes(b"")
        archive.put(7, volumes(), OUTLINE)
        assert len(archive.volumes(7)) == 6

    def test_a_broken_record(self, archive):
        (archive.root / "7" / "case.json").write_text("{")
        with pytest.raises(InputError, match=r"damaged.*case\.json"):
            archive.geometry(7)

    def test_another_format(self, archive):
        (archive.root / "7" / "case.json").write_text('{"format": 99}')
        with pytest.raises(InputError, match="another format"):
            archive.geometry(7)


def test_refusals(archive):
    with pytest.raises(InputError, match="case 8"):
        archive.geometry(8)
    with pytest.raises(InputError, match="no such slice"):
        archive.slice_bytes(7, S.T2, 8)
    with pytest.raises(InputError, match="without volumes"):
        archive.put(9, {}, None)
    with pytest.raises(GeometryError, match="no T2"):
        archive.put(9, {S.DWI: volumes()[S.DWI]}, OUTLINE)
    with pytest.raises(GeometryError, match="outside the volume"):
        archive.put(9, volumes(), Outline((OUTLINE.contours[0] + 1000,)))
    archive.put(9, {S.T2: volumes()[S.T2]}, None)
    with pytest.raises(InputError, match="Case 9 has no DWI"):
        archive.volume_gzip(9, S.DWI)
    assert not archive.has(8)


SECOND = Outline((OBLIQUE.to_patient([(1, 1, 5), (14, 1, 5), (14, 10, 5), (1, 10, 5)]),))


def drawn(**more):
    lesions = (Lesion.new("Lesion 1", OUTLINE), Lesion.new("Lesion 2", SECOND))
    return Regions(lesions, **more)


def test_regions_take_the_place_of_the_outline_and_keep_the_volumes(archive):
    images = {p: b for p, b in contents(archive).items() if p.name.endswith(".gz")}
    archive.put_regions(7, drawn(shifts={S.DWI: (1.0, -2.0, 7.0)}))
    np.testing.assert_array_equal(archive.outline(7).contours[0], SECOND.contours[0])
    record = archive.geometry(7)
    assert [s["shift"] for s in record["sequences"][:2]] == [[0.0, 0.0, 0.0], [1.0, -2.0, 7.0]]
    assert len(archive.regions(7).lesions) == 2
    assert {p: b for p, b in contents(archive).items() if p.name.endswith(".gz")} == images


def test_regions_without_a_lesion_leave_no_outline(archive):
    archive.put_regions(7, Regions())
    assert archive.outline(7) is None
    assert archive.geometry(7)["outline"] is None


def test_regions_that_do_not_fit_are_refused(archive):
    before = contents(archive)
    outside = Outline((OBLIQUE.to_patient([(3, 3, 9), (9, 3, 9), (6, 9, 9)]),))
    with pytest.raises(GeometryError, match="outside the volume"):
        archive.put_regions(7, Regions.of_outline(outside))
    archive.put(8, {S.T2: volumes()[S.T2]}, None)
    with pytest.raises(InputError, match="does not have"):
        archive.put_regions(8, drawn(shifts={S.DWI: (1.0, 0.0, 0.0)}))
    assert {p: b for p, b in contents(archive).items() if p.parts[0] == "7"} == before
    archive.put(9, {S.DWI: volumes()[S.DWI]}, None)
    with pytest.raises(GeometryError, match="needs the T2"):
        archive.put_regions(9, drawn())


def test_hashes_and_the_grid_come_without_the_voxels(archive):
    assert archive.t2_geometry(7) == archive.volumes(7)[S.T2].geometry
    before = archive.content_sha256(7)
    archive.put(7, volumes() | {S.DWI: volumes(shift=3)[S.DWI]}, OUTLINE)
    assert [s for s in S if archive.content_sha256(7)[s] != before[s]] == [S.DWI]
