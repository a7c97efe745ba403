import json
from concurrent.futures import Future
from pathlib import Path
from typing import Any

import pytest

from dls.cli import lld
from dls.nn import backbone, jobs, worker
from dls.nn.package import load_packages
from dls.study.store import Store
from tests.cli.outcome import Terminal
from tests.imaging.lld_folder import Patient, write_challenge
from tests.imaging.test_lld import PATIENTS
from tests.nn.conftest import one_convolution


class Here:
    """A worker without a child process, in which networks could not be replaced."""

    def submit(self, function: Any, *args: Any, progress: Any = None, **named: Any) -> Future[Any]:
        done: Future[Any] = Future()
        done.set_result(function(*args, **named))
        return done

    def close(self) -> None:
        pass


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Terminal:
    return Terminal(capsys)


def test_one_command_makes_the_study(run: Terminal, tmp_path: Path) -> None:
    folder, home = write_challenge(tmp_path / "lld", PATIENTS[:5]), tmp_path / "home"
    arguments = ("import", "lld", str(folder), "--home", str(home), "--size", "24")
    done = run(*arguments)
    assert done.code == 0, done.err
    assert "1 patients are cases of the study" in done.out
    assert "left out, 1: abscess" in done.out
    assert "MR398189: DWI turned over from head to feet" in done.out
    assert f"train --model A --data {home / 'groups' / 'training.npz'}" in done.out
    found = json.loads(run(*arguments, "--json").out)
    assert (found["cases"], found["training"]) == (1, 2)
    assert found["accounts"] == ["reader1", "reader2", "reader3", "investigator"]
    assert "from head to feet" in found["remarks"]["MR398189"][0]


def test_one_command_runs_the_whole_study_and_goes_on_where_it_was_broken_off(
    run: Terminal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(backbone._BACKBONES, "compact", (one_convolution, 32))
    monkeypatch.setattr(worker, "Worker", Here)
    patients = [Patient(f"MR{n}", category) for n, category in enumerate((6, 0, 1, 3), start=1)]
    folder, home = write_challenge(tmp_path / "lld", patients), tmp_path / "home"
    config = tmp_path / "quick.toml"
    config.write_text(
        'backbone = "compact"\ninitial_weights = "none"\nepochs = 1\nfolds = 0\nbatch_size = 4\n'
    )
    arguments = ("import", "lld", str(folder), "--home", str(home), "--size", "32")
    arguments += ("--train", str(config), "--model", "A")

    def interrupted(*given: object) -> int:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(lld, "do_job", interrupted)
        broken = run(*arguments)
    assert (broken.code, "The same command again goes on" in broken.err) == (1, True)
    package = load_packages(home / "models")["A"]
    assert package.provenance["cohort"]["classes"] == {
        "hemangioma": 1,
        "metastatic malignancy": 1,
        "other primary malignancy": 1,
    }
    with monkeypatch.context() as patch:
        patch.setattr(jobs, "write_result", interrupted)  # nothing is trained a second time
        done = run(*arguments)
    assert done.code == 0, done.err
    assert "1 patients are cases of the study" in done.out
    assert package.sha256 in done.out
    assert "1 cases, models A" in done.out
    scores = Store(home / "study.db").patient_scores("A")
    assert scores.shape == (1, 7)
    assert scores.to_numpy().sum() == pytest.approx(1, abs=1e-5)


def test_a_training_configuration_that_is_none_is_refused_before_anything_is_done(
    run: Terminal, tmp_path: Path
) -> None:
    done = run("import", "lld", str(tmp_path), "--home", str(tmp_path / "home"), "--train", "best")
    assert done.code == 2
    assert "No such training configuration" in done.err
    assert not (tmp_path / "home").exists()


def test_a_folder_that_is_none_is_refused(run: Terminal, tmp_path: Path) -> None:
    done = run("import", "lld", str(tmp_path), "--home", str(tmp_path / "home"))
    assert done.code == 2
    assert "no LLD-MMRI data set" in done.err
    assert not (tmp_path / "home").exists()
