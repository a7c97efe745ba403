"""The registry: good packages are kept by hash; hostile, altered and mismatched ones are refused, not run."""

import dataclasses
import hashlib
import io
import json
import os
import pickle
import shutil
import zipfile

import numpy as np
import pytest

from dls.errors import PackageError
from dls.nn import package as package_module
from dls.nn.package import load_package, load_weights, save_package
from dls.nn.package_archive import pack
from dls.nn.registry import Registry, array_shapes, check_shapes, copy_package, try_package
from dls.nn.supplement import CALIBRATION, write_supplement


@pytest.fixture
def registry(tmp_path):
    return Registry(tmp_path / "registry")


@pytest.fixture
def zipped(model_b, tmp_path):
    pack(model_b, tmp_path / "B.zip")
    return tmp_path / "B.zip"


class Trap:
    """Makes a folder when it is unpickled."""

    def __init__(self, place):
        self.place = place

    def __reduce__(self):
        return (os.mkdir, (str(self.place),))


def sealed(path, weights, letter="B", **changes):
    """A zipped package whose hashes all match, as a hostile author would make it."""
    spec = package_module._specification(package_module.MODELS[letter])
    manifest = {"format": 1, **spec, "backbone": "compact", "image_size": 32}
    manifest |= {"provenance": {}, "metrics": {}, "weights_sha256": hashlib.sha256(weights).hexdigest()}
    manifest |= changes
    manifest["sha256"] = package_module._manifest_hash(manifest)
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("package.json", json.dumps(manifest))
        archive.writestr("weights.npz", weights)
    return path


def test_a_package_is_taken_in_and_found_by_its_hash(registry, zipped, model_b):
    found = registry.receive(zipped)
    assert found.sha256 == model_b.sha256
    assert found.folder == registry.root / f"B-{model_b.sha256[:12]}"
    assert registry.get(model_b.sha256) == found
    assert registry.receive(zipped) == found
    assert [k.package for k in registry.kept()] == [found]
    assert registry.add(model_b) == found


def test_a_pickle_in_the_weights_is_refused_and_never_run(registry, tmp_path):
    buffer = io.BytesIO()
    np.savez(buffer, **{"0000": np.array([Trap(tmp_path / "sprung")], dtype=object), "0001": np.zeros(7)})
    path = sealed(tmp_path / "x.zip", buffer.getvalue())
    with pytest.raises(PackageError, match="no array of floating-point numbers"):
        registry.receive(path)
    assert not (tmp_path / "sprung").exists()
    assert registry.kept() == ()


def test_a_bare_pickle_as_weights_is_refused_and_never_run(registry, tmp_path):
    path = sealed(tmp_path / "x.zip", pickle.dumps(Trap(tmp_path / "sprung")))
    with pytest.raises(PackageError, match="cannot be read"):
        registry.receive(path)
    assert not (tmp_path / "sprung").exists()


def test_a_network_with_code_in_it_is_refused(registry, tmp_path):
    """A Keras file with a Lambda layer, under the name of the weights, is no archive of arrays."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("config.json", json.dumps({"class_name": "Lambda", "config": {"function": "…"}}))
    with pytest.raises(PackageError, match="cannot be read"):
        registry.receive(sealed(tmp_path / "x.zip", buffer.getvalue()))


@pytest.mark.parametrize(
    ("letter", "message"),
    [("A", r"other images than those of Model A.*6 channels"), ("D", "other classes than those of Model D")],
)
def test_weights_for_other_channels_or_classes_are_refused(registry, model_b, tmp_path, letter, message):
    weights = (model_b.folder / "weights.npz").read_bytes()
    with pytest.raises(PackageError, match=message):
        registry.receive(sealed(tmp_path / "x.zip", weights, letter))
    assert list(registry.root.iterdir()) == []


def test_altered_and_mismatched_packages_are_refused(registry, model_b, tmp_path, copied):
    weights = (model_b.folder / "weights.npz").read_bytes()
    path = copied / "package.json"
    path.write_text(path.read_text().replace("2020-05-01", "2021-05-01"))
    pack(dataclasses.replace(model_b, folder=copied), tmp_path / "x.zip")
    with pytest.raises(PackageError, match=r"manifest .* altered"):
        registry.receive(tmp_path / "x.zip")
    with pytest.raises(PackageError, match="sequences"):
        registry.receive(sealed(tmp_path / "y.zip", weights, sequences=["T2", "DWI"]))
    with pytest.raises(PackageError, match=r"weights .* altered"):
        registry.receive(sealed(tmp_path / "z.zip", weights, weights_sha256="0" * 64))
    assert list(registry.root.iterdir()) == []


def test_a_package_that_was_altered_later_is_shown_with_its_problem(registry, zipped):
    place = registry.receive(zipped).folder
    (place / "weights.npz").write_bytes(b"gone")
    [kept] = registry.kept()
    assert kept.package is None
    assert "were altered" in kept.problem
    with pytest.raises(PackageError, match="altered"):
        registry.get(json.loads((place / "package.json").read_text())["sha256"])


def test_supplements_of_another_model_are_refused_and_shown(registry, zipped, copied, model_b, tmp_path):
    other = dataclasses.replace(model_b, folder=copied, sha256="0" * 64)
    write_supplement(other, CALIBRATION, {"temperature": np.array(9.0)})
    pack(dataclasses.replace(model_b, folder=copied), tmp_path / "x.zip")
    with pytest.raises(PackageError, match="another model"):
        registry.receive(tmp_path / "x.zip")
    assert list(registry.root.iterdir()) == []
    place = registry.receive(zipped).folder
    shutil.copy(copied / CALIBRATION, place)
    [kept] = registry.kept()
    assert kept.package is None
    assert "another model" in kept.problem


def test_unknown_packages_are_refused(registry):
    assert registry.kept() == ()
    with pytest.raises(PackageError, match="no such package"):
        registry.get("a" * 64)


def test_a_copy_takes_the_place_of_another_package(model_b, model_g, tmp_path):
    copy_package(model_b, tmp_path / "models" / "B")
    save_package(
        tmp_path / "newer",
        letter="B",
        backbone="compact",
        image_size=32,
        weights=load_weights(model_b),
        provenance={"trained_on": "later"},
        metrics={},
    )
    found = copy_package(load_package(tmp_path / "newer"), tmp_path / "models" / "B")
    assert found.provenance == {"trained_on": "later"}
    assert [p.name for p in (tmp_path / "models").iterdir()] == ["B"]


def test_a_trial_builds_the_network(model_g, tmp_path):
    trial = try_package(model_g.folder)
    assert sum(trial.probabilities.values()) == pytest.approx(1, abs=1e-5)
    assert list(trial.probabilities) == list(model_g.classes)
    assert 4e5 < trial.weights < 6e5


def test_a_trial_refuses_weights_that_fit_only_at_both_ends(model_b, tmp_path):
    weights = load_weights(model_b)
    middle = sorted(weights)[10]
    package = save_package(
        tmp_path / "B",
        letter="B",
        backbone="compact",
        image_size=32,
        weights={**weights, middle: np.zeros((3, 3))},
        provenance={},
        metrics={},
    )
    check_shapes(package)
    with pytest.raises(PackageError, match="do not fit the network"):
        try_package(package.folder)


def test_a_trial_refuses_answers_that_are_not_finite(model_b, tmp_path):
    weights = load_weights(model_b)
    first = sorted(weights)[0]
    package = save_package(
        tmp_path / "B",
        letter="B",
        backbone="compact",
        image_size=32,
        weights={**weights, first: np.full(weights[first].shape, 3e38, np.float32)},
        provenance={},
        metrics={},
    )
    with pytest.raises(PackageError, match="no finite answer"):
        try_package(package.folder)


def test_shapes_are_read_from_the_headers(model_b, tmp_path):
    shapes = array_shapes(model_b.folder / "weights.npz")
    assert {k: v.shape for k, v in load_weights(model_b).items()} == shapes
    shutil.copy(model_b.folder / "weights.npz", tmp_path / "w.npz")
    with pytest.raises(PackageError, match="cannot be read"):
        array_shapes(tmp_path / "missing.npz")
