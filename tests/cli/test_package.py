"""`package`: cards, verification, zip files, novelty, calibration; and scores of a whole study."""

import json

import numpy as np
import pytest

from dls.cli import main
from dls.imaging.archive import ImageArchive
from dls.nn.calibration import calibration
from dls.nn.novelty import load_gaussians
from dls.nn.package import load_package
from dls.nn.registry import copy_package
from dls.study.store import Store
from tests.jobs.conftest import case_volumes, disc, untrained
from tests.nn.conftest import tiny_groups
from tests.study.tiny_study import tiny_study


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return untrained(tmp_path_factory.mktemp("package") / "B", "B").folder


def test_card_in_two_forms(folder, capsys):
    assert main(["package", "card", str(folder)]) == 0
    assert capsys.readouterr().out.startswith("# Model B: seven-way")
    assert main(["package", "card", str(folder), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["sha256"] == load_package(folder).sha256


def test_verification(folder, tmp_path, capsys):
    assert main(["package", "verify", str(folder)]) == 0
    assert capsys.readouterr().out.endswith("verified\n")
    copy = copy_package(load_package(folder), tmp_path / "B")
    (copy.folder / "weights.npz").write_bytes(b"gone")
    assert main(["package", "verify", str(copy.folder)]) == 2
    assert "were altered" in capsys.readouterr().err


def test_zip_and_back(folder, tmp_path, capsys):
    assert main(["package", "pack", str(folder), "--out", str(tmp_path / "B.zip")]) == 0
    assert main(["package", "unpack", str(tmp_path / "B.zip"), "--out", str(tmp_path / "B")]) == 0
    assert load_package(tmp_path / "B").sha256 == load_package(folder).sha256
    assert main(["package", "unpack", str(tmp_path / "B.zip"), "--out", str(tmp_path / "B")]) == 2
    (tmp_path / "bad.zip").write_bytes(b"no zip")
    assert main(["package", "unpack", str(tmp_path / "bad.zip"), "--out", str(tmp_path / "new")]) == 2
    assert "no readable model package" in capsys.readouterr().err
    assert not (tmp_path / "new").exists()


def test_novelty_is_fitted_and_stored(folder, tmp_path, capsys):
    copy = copy_package(load_package(folder), tmp_path / "B")
    tiny_groups(35).save(tmp_path / "groups.npz")
    assert main(["package", "novelty", str(copy.folder), "--data", str(tmp_path / "groups.npz")]) == 0
    assert "threshold" in capsys.readouterr().out
    gaussians = load_gaussians(copy)
    assert gaussians is not None
    assert gaussians.means.shape == (7, 256)
    assert np.isfinite(gaussians.threshold)


def test_temperature_is_fitted_and_stored(folder, tmp_path, capsys):
    copy = copy_package(load_package(folder), tmp_path / "B")
    tiny_groups(21, seed=5).save(tmp_path / "groups.npz")
    assert main(["package", "calibration", str(copy.folder), "--data", str(tmp_path / "groups.npz")]) == 0
    found = calibration(copy)
    assert found is not None
    assert f"temperature {found.temperature:.3f}, 21 patients" in capsys.readouterr().out


def test_models_of_a_study_score_its_cases(folder, tmp_path, capsys):
    tiny_study(tmp_path / "study.db")
    store = Store(tmp_path / "study.db")
    for case_id in store.cases().index:
        ImageArchive(tmp_path / "images").put(int(case_id), case_volumes(int(case_id)), disc())
    copy_package(load_package(folder), tmp_path / "models" / "B")
    assert main(["predict", "--study", "--home", str(tmp_path)]) == 0
    assert "4 cases, models B" in capsys.readouterr().out
    assert sorted(set(store.group_scores("B")["case_id"])) == [1, 2, 3, 4]
    assert main(["embed", "--study", "--model", "B", "--home", str(tmp_path)]) == 2
    assert "Too few points" in capsys.readouterr().err


def test_nothing_to_do_is_said(capsys):
    assert main(["predict"]) == 2
    assert "--study" in capsys.readouterr().err
    assert main(["embed", "--model", "B"]) == 2
    assert "--study" in capsys.readouterr().err
