"""Packages: what was saved comes back; what was altered or does not fit is refused."""

import json
import shutil
import subprocess
import sys

import numpy as np
import pytest

from dls.errors import PackageError
from dls.nn import package as module
from dls.nn.package import load_package, load_packages, save_package
from dls.nn.predict import predict


def rewrite(folder, **changes):
    """Change the manifest and give it a matching hash, as a careless or hostile author would."""
    path = folder / "package.json"
    manifest = json.loads(path.read_text()) | changes
    manifest["sha256"] = module._manifest_hash(manifest)
    path.write_text(json.dumps(manifest))


def test_loaded_package_equals_the_saved_one(model_b):
    assert load_package(model_b.folder) == model_b
    assert model_b.input_shape == (32, 32, 3)
    assert model_b.spec.letter == "B"
    assert sorted(p.name for p in model_b.folder.iterdir()) == ["package.json", "weights.npz"]


def test_copied_package_gives_the_same_probabilities(groups, model_b, copied):
    np.testing.assert_array_equal(
        predict(load_package(copied), groups.pixels), predict(model_b, groups.pixels)
    )


def test_compact_package_is_small(model_b):
    assert sum(f.stat().st_size for f in model_b.folder.iterdir()) < 2_000_000


def test_saving_again_replaces_and_leaves_nothing_behind(model_b, copied):
    again = save_package(
        copied,
        letter="B",
        backbone="compact",
        image_size=32,
        weights=module.load_weights(model_b),
        provenance={"trained_on": "later"},
        metrics={},
    )
    assert load_package(copied).provenance == {"trained_on": "later"}
    assert again.sha256 != model_b.sha256
    assert [p.name for p in copied.parent.iterdir()] == ["B"]


def test_the_same_package_again_keeps_what_was_added_to_it(model_b, copied):
    (copied / "calibration.npz").write_bytes(b"fitted later")
    again = save_package(
        copied,
        letter="B",
        backbone=model_b.backbone,
        image_size=model_b.image_size,
        weights=module.load_weights(model_b),
        provenance=model_b.provenance,
        metrics=model_b.metrics,
    )
    assert again.sha256 == model_b.sha256
    assert (copied / "calibration.npz").read_bytes() == b"fitted later"


def test_what_a_killed_writer_left_is_no_package(copied):
    copied.rename(copied.with_name(".B-0a1b2c3d.part"))
    with pytest.raises(PackageError, match="No model packages"):
        load_packages(copied.parent)


def test_altered_weights_are_refused(copied):
    data = bytearray((copied / "weights.npz").read_bytes())
    data[len(data) // 2] ^= 1
    (copied / "weights.npz").write_bytes(data)
    with pytest.raises(PackageError, match=r"weights .* altered"):
        load_package(copied)


def test_altered_manifest_is_refused(copied):
    path = copied / "package.json"
    path.write_text(path.read_text().replace('"trained_on": "2020-05-01"', '"trained_on": "2021-05-01"'))
    with pytest.raises(PackageError, match=r"manifest .* altered"):
        load_package(copied)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"letter": "A"}, "does not match Model A"),
        ({"letter": "Z"}, "no known model"),
        ({"sequences": ["T2", "DWI"]}, "sequences"),
        ({"classes": ["benign", "malignant"]}, "classes"),
        ({"preprocessing_version": "0"}, "preprocessing version"),
        ({"clinical_codes": 3}, "clinical codes"),
        ({"format": 99}, "another package format"),
        ({"image_size": "32"}, "image_size: int"),
        ({"backbone": None}, "backbone: str"),
    ],
)
def test_specification_that_does_not_match_is_refused(copied, changes, message):
    rewrite(copied, **changes)
    with pytest.raises(PackageError, match=message):
        load_package(copied)


def test_other_clinical_coding_is_refused(model_g, tmp_path):
    folder = shutil.copytree(model_g.folder, tmp_path / "G")
    rewrite(folder, clinical_coding_version="0")
    with pytest.raises(PackageError, match="clinical coding version"):
        load_package(folder)


def test_weights_of_another_architecture_are_refused(groups, model_b, tmp_path):
    folder = tmp_path / "D"
    package = save_package(
        folder,
        letter="D",
        backbone="compact",
        image_size=32,
        weights=module.load_weights(model_b),
        provenance={},
        metrics={},
    )
    with pytest.raises(PackageError, match="do not fit the network"):
        predict(package, groups.pixels)


@pytest.mark.parametrize(
    "spoil",
    [
        lambda array: np.full_like(array, np.nan),
        lambda array: np.full_like(array, -np.inf),
        lambda array: array.astype(complex),
        lambda array: np.full(array.shape, "x"),
        lambda array: array.astype(np.int64),
    ],
    ids=["nan", "infinite", "complex", "text", "whole"],
)
def test_weights_that_are_no_finite_numbers_are_refused(model_b, copied, spoil):
    weights = module.load_weights(model_b)
    last = sorted(weights)[-1]
    np.savez(copied / "weights.npz", **(weights | {last: spoil(weights[last])}))
    rewrite(copied, weights_sha256=module._file_hash(copied / "weights.npz"))
    with pytest.raises(PackageError, match=f"no finite numbers.* Got: array '{last}'"):
        module.load_network(load_package(copied))


def test_pickled_weights_are_never_executed(copied, tmp_path):
    class Trap:
        def __reduce__(self):
            return (open, (str(tmp_path / "sprung"), "w"))

    weights = copied / "weights.npz"
    np.savez(weights, **{"0000": np.array([Trap()], dtype=object)})
    rewrite(copied, weights_sha256=module._file_hash(weights))
    with pytest.raises(PackageError, match="cannot be read"):
        module.load_network(load_package(copied))
    assert not (tmp_path / "sprung").exists()


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda folder: (folder / "package.json").unlink(), "no model package"),
        (lambda folder: (folder / "weights.npz").unlink(), "incomplete"),
        (lambda folder: (folder / "package.json").write_text("{"), "cannot be read"),
        (lambda folder: (folder / "package.json").write_text("[]"), "JSON object"),
    ],
)
def test_incomplete_packages_are_refused(copied, spoil, message):
    spoil(copied)
    with pytest.raises(PackageError, match=message):
        load_package(copied)


def test_packages_of_a_folder_come_by_letter(model_b, model_g):
    assert load_packages(model_b.folder.parent) == {"B": model_b, "G": model_g}


def test_folder_without_packages_is_refused(tmp_path):
    with pytest.raises(PackageError, match="No model packages"):
        load_packages(tmp_path)


def test_two_packages_of_a_letter_are_refused(model_b, copied):
    shutil.copytree(model_b.folder, copied.parent / "other")
    with pytest.raises(PackageError, match="two packages of Model B"):
        load_packages(copied.parent)


def test_nothing_that_the_web_process_imports_loads_tensorflow():
    modules = ["config", "data", "epochs", "package", "predict", "train"]
    code = (
        "import sys\n"
        + "".join(f"import dls.nn.{m}\n" for m in modules)
        + "sys.exit(bool({'tensorflow', 'keras'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
