"""Commands around the models: from a file of image groups to packages, scores, a map and saliency."""

import json
import shutil

import numpy as np
import pandas as pd
import pytest

from dls.cli import main
from dls.imaging.archive import ImageArchive
from dls.nn.package import load_packages
from dls.nn.predictions import Predictions
from tests.nn.conftest import tiny_groups
from tests.nn.test_case_saliency import outline, volumes
from tests.study.tiny_study import tiny_study


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    """28 patients with two image groups each."""
    path = tmp_path_factory.mktemp("data") / "groups.npz"
    tiny_groups(28).save(path)
    return path


@pytest.fixture(scope="module")
def models(data, tmp_path_factory):
    folder = tmp_path_factory.mktemp("trained")
    options = ["--config", "demo", "--epochs", "1", "--seed", "5", "--date", "2020-05-01"]
    options += ["--home", str(folder / "home")]
    assert main(["train", "--model", "G", "--data", str(data), "--out", str(folder), *options]) == 0
    return folder


def test_training_writes_a_package_with_its_provenance(models):
    provenance = load_packages(models)["G"].provenance
    assert provenance["trained_on"] == "2020-05-01"
    assert provenance["configuration"]["epochs"] == 1
    assert provenance["configuration"]["seed"] == 5


def test_scores_of_groups_and_of_patients_agree(models, data, tmp_path, capsys):
    for name in ("scores.npz", "scores.csv"):
        assert (
            main(["predict", "--models", str(models), "--data", str(data), "--out", str(tmp_path / name)])
            == 0
        )
    assert capsys.readouterr().out.splitlines()[0] == "G: 28 patients, 56 image groups"
    predictions = Predictions.load(tmp_path / "scores.npz")
    assert predictions.packages["G"] == load_packages(models)["G"].sha256
    table = pd.read_csv(tmp_path / "scores.csv", index_col="patient")
    assert list(table.columns) == ["G HCC", "G metastatic malignancy", "G other primary malignancy"]
    np.testing.assert_allclose(table.to_numpy(), predictions.of_patients("G"), atol=1e-12)


def test_map_has_a_row_for_each_applicable_group(models, data, tmp_path):
    out = tmp_path / "map.csv"
    options = ["--perplexity", "5", "--iterations", "100"]
    assert (
        main(["embed", "--model", str(models / "G"), "--data", str(data), "--out", str(out), *options]) == 0
    )
    table = pd.read_csv(out)
    assert list(table.columns) == ["patient", "group", "class", "x", "y"]
    assert len(table) == 24
    assert set(table["class"]) == {"HCC", "metastatic malignancy", "other primary malignancy"}
    assert np.isfinite(table[["x", "y"]]).all(axis=None)


@pytest.fixture
def home(models, tmp_path):
    """A study with Model G, whose case 2, V-002, has images."""
    tiny_study(tmp_path / "study.db")
    ImageArchive(tmp_path / "images").put(2, volumes(), outline())
    shutil.copytree(models, tmp_path / "models")
    return tmp_path


@pytest.mark.parametrize(("name", "target"), [("V-002", []), ("2", ["--class", "HCC"])])
def test_saliency_of_a_case_is_stored_and_printed(home, capsys, name, target):
    assert main(["saliency", "--home", str(home), "--case", name, "--model", "G", *target]) == 0
    said = json.loads(capsys.readouterr().out)
    folder = (
        home / "saliency" / "2" / (load_packages(home / "models")["G"].sha256[:12] + "-HCC" * bool(target))
    )
    assert said["case"] == "V-002"
    assert said["folder"] == str(folder)
    stored = json.loads((folder / "saliency.json").read_text())
    assert stored["target"] == ("HCC" if target else None)
    assert stored["energy_in_lesion"] == said["energy_in_lesion"]


def test_saliency_through_a_packages_folder(home, models, capsys):
    assert main(["saliency", "--home", str(home), "--case", "2", "--model", str(models / "G")]) == 0
    assert json.loads(capsys.readouterr().out)["letter"] == "G"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--case", "V-999", "--model", "G"], "No such case"),
        (["--case", "99", "--model", "G"], "case"),
        (["--case", "2", "--model", "B"], "no model package"),
        (["--case", "2", "--model", "G", "--class", "cyst"], "no such class"),
    ],
)
def test_saliency_of_what_is_not_there_is_refused(home, capsys, options, message):
    assert main(["saliency", "--home", str(home), *options]) == 2
    assert message in capsys.readouterr().err
    assert not (home / "saliency").exists()


@pytest.mark.parametrize(
    ("command", "message"),
    [
        (["train", "--model", "A", "--data", "absent.npz", "--out", "out"], "No file of image groups"),
        (["predict", "--models", "absent", "--data", "absent.npz", "--out", "x.npz"], "No model packages"),
        (
            ["predict", "--models", "absent", "--data", "absent.npz", "--out", "x.txt"],
            "ending in .npz or .csv",
        ),
        (["embed", "--model", "absent", "--data", "absent.npz", "--out", "x.csv"], "no model package"),
        (["saliency", "--home", "absent", "--case", "1", "--model", "A"], "no study here"),
    ],
)
def test_what_is_not_there_is_named(command, message, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main(command) == 2
    assert message in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


def test_unknown_model_is_a_usage_error(capsys):
    with pytest.raises(SystemExit) as exit_:
        main(["train", "--model", "H", "--data", "x.npz", "--out", "out"])
    assert exit_.value.code == 2
    assert "invalid choice: 'H'" in capsys.readouterr().err
