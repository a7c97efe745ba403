"""kill -9 at random moments: the same command ends with the same package, bit for bit."""

import random
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

from dls.nn.config_file import write_config
from dls.nn.history import HISTORY_FILE
from dls.nn.train import train
from tests.nn.conftest import TINY, tiny_groups

LIMIT_S = 240
KILLS = 2
PROGRAM = TINY + "import sys; from dls.cli import main; sys.exit(main(sys.argv[1:]))"


def epochs_done(run: Path) -> int:
    return sum(len(path.read_text().splitlines()) for path in run.rglob(HISTORY_FILE))


def test_killed_at_random_moments_it_ends_as_if_it_had_not_been(tiny_backbone, quick, tmp_path):
    config = replace(quick, name="killed", epochs=12, folds=2)
    cohort, run = tiny_groups(), tmp_path / "home" / "training" / "run"
    whole = train("D", cohort, config, tmp_path / "whole", trained_on="2020-05-01")

    cohort.save(tmp_path / "groups.npz")
    (tmp_path / "config.toml").write_text(write_config(config))
    options = ["--data", "groups.npz", "--config", "config.toml", "--out", "models", "--home", "home"]
    command = ["train", "--model", "D", "--run", "run", "--date", "2020-05-01", *options]
    moments = random.Random()
    for _ in range(KILLS):
        before = epochs_done(run)
        child = subprocess.Popen(
            [sys.executable, "-c", PROGRAM, *command],
            cwd=tmp_path,
            env={"PYTHONPATH": str(Path(__file__).parents[2]), "PATH": ""},
            stderr=subprocess.DEVNULL,
        )
        began = time.monotonic()
        while epochs_done(run) == before and time.monotonic() - began < LIMIT_S:
            assert child.poll() is None
            time.sleep(0.02)
        time.sleep(moments.uniform(0, 0.6))
        child.kill()
        child.wait()
        assert epochs_done(run) > before
    assert not (tmp_path / "models").exists(), "too quick to be killed"

    again = train("D", cohort, config, tmp_path / "models", run=run)
    assert again.sha256 == whole.sha256
    assert again.provenance["trained_on"] == "2020-05-01"
    assert not list(run.rglob("*checkpoint.npz"))
