"""Saliency of a kept case: in the right place on each sequence's own grid, stored once, renewed when due."""

import gzip
import json

import numpy as np
import pytest

from dls.clinical import ClinicalRecord
from dls.domain import ALL_SEQUENCES, UNENHANCED, Sequence
from dls.errors import InputError
from dls.geometry import Geometry
from dls.imaging import preprocess
from dls.imaging.archive import ImageArchive
from dls.imaging.groups import image_groups
from dls.imaging.roi import Outline
from dls.imaging.volume import Volume
from dls.nn import case_saliency as module
from dls.nn.case_inference import CaseQuestion, infer_cases
from dls.nn.case_saliency import case_saliency, saliency_folder
from dls.nn.saliency import SaliencyMethod
from tests.nn.conftest import SIZE

TILT = (0.8, -0.6, 0.0, 0.6, 0.8, 0.0, 0.0, 0.0, 1.0)
T2_GRID = Geometry((64, 60, 7), (-40.0, -50.0, 10.0), (1.5, 1.5, 7.0), TILT)
OTHER_GRID = Geometry((40, 44, 14), (-38.0, -52.0, 8.0), (2.5, 2.5, 3.5), TILT)


def volumes(seed: int = 0):
    random = np.random.default_rng(seed)
    grids = {s: T2_GRID if s is Sequence.T2 else OTHER_GRID for s in ALL_SEQUENCES}
    return {s: Volume(random.integers(100, 900, g.shape).astype(np.int16), g) for s, g in grids.items()}


def outline():
    """A disc of 12 mm radius in slices 2 to 4 of T2."""
    angle = np.linspace(0, 2 * np.pi, 24, endpoint=False)
    discs = [
        T2_GRID.to_patient(np.column_stack([30 + 8 * np.cos(angle), 28 + 8 * np.sin(angle), np.full(24, k)]))
        for k in (2, 3, 4)
    ]
    return Outline(tuple(discs))


@pytest.fixture
def archive(tmp_path):
    archive = ImageArchive(tmp_path / "images")
    archive.put(7, volumes(), outline())
    return archive


@pytest.fixture
def ask(archive, tmp_path):
    def ask(package, **options):
        return case_saliency(package.folder, archive.root, tmp_path / "saliency", 7, **options)

    return ask


def read(folder, sequence, grid):
    data = gzip.decompress((folder / f"{sequence.slug}.u8.gz").read_bytes())
    return np.frombuffer(data, np.uint8).reshape(grid.shape)


def test_volumes_lie_on_each_sequences_own_grid(model_b, ask, tmp_path):
    result = ask(model_b)
    folder = saliency_folder(tmp_path / "saliency", 7, model_b.sha256)
    assert folder == tmp_path / "saliency" / "7" / model_b.sha256[:12]
    assert {p.name for p in folder.iterdir()} == {"t2.u8.gz", "dwi.u8.gz", "pre.u8.gz", "saliency.json"}
    found = {s: read(folder, s, T2_GRID if s is Sequence.T2 else OTHER_GRID) for s in UNENHANCED}
    assert max(v.max() for v in found.values()) == 255
    assert result.groups == 3
    assert sum(result.probabilities.values()) == pytest.approx(1, abs=1e-5)
    assert sum(result.share_of_sequence.values()) == pytest.approx(1, abs=1e-5)
    assert json.loads((folder / "saliency.json").read_text())["package_sha256"] == model_b.sha256


def test_a_known_pixel_is_found_again_in_patient_space(model_b, ask, archive, tmp_path, monkeypatch):
    """Bright in one pixel of the middle group in DWI: the brightest voxel of DWI is the one nearest to it."""
    frames = image_groups(volumes(), outline(), 32, UNENHANCED).frames

    def one_pixel(_package, pixels, *_):
        maps = np.zeros(pixels.shape, np.float32)
        maps[1, 20, 9, 1] = 1.0
        return maps

    monkeypatch.setattr(module, "saliency", one_pixel)
    result = ask(model_b)
    point = frames[1].to_patient((9, 20, 0))
    folder = saliency_folder(tmp_path / "saliency", 7, model_b.sha256)
    dwi = read(folder, Sequence.DWI, OTHER_GRID)
    k, j, i = np.unravel_index(dwi.argmax(), dwi.shape)
    assert np.abs(OTHER_GRID.to_index(point) - (i, j, k)).max() <= 0.51
    assert read(folder, Sequence.T2, T2_GRID).max() == 0
    assert result.share_of_sequence == {"t2": 0.0, "dwi": 1.0, "pre": 0.0}


@pytest.mark.parametrize("method", [m for m in SaliencyMethod if m is not SaliencyMethod.GRADIENT])
def test_every_method_has_a_folder_of_its_own(model_b, ask, tmp_path, method):
    """Grad-CAM is rectified, so that of some classes may be nothing: any of the classes is enough."""
    result = ask(model_b, method=method, target="HCC")
    assert result.method == method.value
    folder = saliency_folder(tmp_path / "saliency", 7, model_b.sha256, "HCC", method)
    assert folder.name == f"{model_b.sha256[:12]}-{method.value}-HCC"
    assert ask(model_b, method=method, target="HCC") == result
    others = [ask(model_b, method=method, target=c) for c in model_b.classes]
    folders = [saliency_folder(folder.parents[1], 7, o.package_sha256, o.target, method) for o in others]
    assert any(read(f, Sequence.DWI, OTHER_GRID).any() for f in folders)
    assert not saliency_folder(tmp_path / "saliency", 7, model_b.sha256).exists()


def test_a_record_of_another_version_is_made_anew(model_b, ask, tmp_path):
    first = ask(model_b)
    path = saliency_folder(tmp_path / "saliency", 7, model_b.sha256) / "saliency.json"
    record = json.loads(path.read_text())
    del record["pointing"]
    path.write_text(json.dumps(record))
    assert ask(model_b) == first


@pytest.mark.parametrize(("place", "energy"), [((16, 16), 1.0), ((2, 2), 0.0)])
def test_energy_counts_what_lies_in_the_lesion(model_b, ask, monkeypatch, place, energy):
    def one_pixel(_package, pixels, *_):
        maps = np.zeros(pixels.shape, np.float32)
        maps[:, *place, 0] = 2.0
        return maps

    monkeypatch.setattr(module, "saliency", one_pixel)
    result = ask(model_b)
    assert result.energy_in_lesion["all"] == result.energy_in_lesion["t2"] == energy
    assert result.energy_in_lesion["dwi"] == 0.0
    assert result.pointing == {"t2": energy, "dwi": 0.0, "pre": 0.0, "all": energy}
    assert result.area_in_lesion == pytest.approx(np.pi * 12**2 / (2 * 24) ** 2, rel=0.15)


def test_stored_results_are_not_computed_again(model_b, ask, monkeypatch):
    first = ask(model_b)

    def never(*_):
        raise AssertionError("computed again")

    monkeypatch.setattr(module, "saliency", never)
    assert ask(model_b) == first


def test_image_groups_are_those_of_the_cache(model_b, archive, tmp_path, monkeypatch):
    question = CaseQuestion(7, {})
    asked = ({"B": model_b.folder}, archive.root, tmp_path / "features", [question])
    (first,) = infer_cases(*asked)
    (entry,) = (tmp_path / "groups" / "cache").rglob("*.npz")
    monkeypatch.setattr(preprocess, "image_groups", None)
    (again,) = infer_cases(*asked)
    assert again.probabilities["B"].tobytes() == first.probabilities["B"].tobytes()
    with np.load(entry) as kept:
        np.testing.assert_array_equal(kept["pixels"], image_groups(volumes(), outline(), SIZE).pixels)


def test_new_images_renew_the_result(model_b, ask, archive, tmp_path):
    first = ask(model_b)
    archive.put(7, volumes(seed=1), outline())
    second = ask(model_b)
    assert second.source != first.source
    assert ask(model_b) == second
    assert [p.name for p in (tmp_path / "saliency" / "7").iterdir()] == [model_b.sha256[:12]]


def test_a_class_that_is_asked_for_has_a_folder_of_its_own(model_b, ask, tmp_path):
    assert ask(model_b, target="HCC").target == "HCC"
    assert ask(model_b).target is None
    names = sorted(p.name for p in (tmp_path / "saliency" / "7").iterdir())
    assert names == [model_b.sha256[:12], f"{model_b.sha256[:12]}-HCC"]


def test_clinical_record_counts_for_models_with_a_clinical_branch(model_g, ask):
    unknown, known = ask(model_g), ask(model_g, clinical=ClinicalRecord(age=70, sex="male").to_dict())
    assert unknown.source != known.source
    assert unknown.probabilities != known.probabilities


def test_other_class_is_refused(model_b, ask, tmp_path):
    with pytest.raises(InputError, match=r"no such class.*cyst, hemangioma"):
        ask(model_b, target="benign")
    assert not (tmp_path / "saliency").exists()


def test_case_without_images_or_outline_is_refused(model_b, archive, tmp_path):
    with pytest.raises(InputError, match="no images"):
        case_saliency(model_b.folder, archive.root, tmp_path / "saliency", 8)
    archive.put(9, volumes(), None)
    with pytest.raises(InputError, match="no outline"):
        case_saliency(model_b.folder, archive.root, tmp_path / "saliency", 9)
    assert not (tmp_path / "saliency").exists()
