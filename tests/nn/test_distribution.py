"""Several accelerators and several machines: two logical processors here, and two processes that talk."""

import json
import os
import socket
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from dls.errors import InputError
from dls.nn.config import DEMO
from dls.nn.config_file import write_config
from dls.nn.distribution import is_chief, strategy_of
from dls.nn.package import load_package, load_weights
from dls.nn.run_folder import read_run
from tests.nn.conftest import TINY, tiny_groups

ROOT = Path(__file__).parents[2]
LIMIT_S = 240
TWO_PROCESSORS = """
from dls.nn.tensorflow_home import tf
two = [tf.config.LogicalDeviceConfiguration()] * 2
tf.config.set_logical_device_configuration(tf.config.list_physical_devices("CPU")[0], two)
"""
TRAIN = "import sys; from dls.cli import main; sys.exit(main(sys.argv[1:]))"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Cohort and configuration: two epochs of Model D in batches of four, which two replicas share."""
    folder = tmp_path_factory.mktemp("distributed")
    tiny_groups().save(folder / "groups.npz")
    config = replace(DEMO, name="two", epochs=2, batch_size=4, folds=0)
    (folder / "config.toml").write_text(write_config(config))
    return folder


def start(folder: Path, distribution: str, before: str = "", **environment: str) -> subprocess.Popen[str]:
    options = ["--data", "groups.npz", "--config", "config.toml", "--date", "2020-05-01", "--home", "home"]
    options += ["--run", distribution, "--out", distribution, "--distribute", distribution]
    return subprocess.Popen(
        [sys.executable, "-c", before + TINY + TRAIN, "train", "--model", "D", *options],
        cwd=folder,
        env={"PYTHONPATH": str(ROOT), "PATH": os.environ["PATH"], **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def finished(process: subprocess.Popen[str]) -> str:
    """What it said."""
    said = process.communicate(timeout=LIMIT_S)[0]
    assert process.returncode == 0, said
    return said


def free_ports(n: int) -> list[int]:
    sockets = [socket.create_server(("localhost", 0)) for _ in range(n)]
    ports = [s.getsockname()[1] for s in sockets]
    for s in sockets:
        s.close()
    return ports


@pytest.fixture(scope="module")
def mirrored(folder):
    finished(start(folder, "mirrored", TWO_PROCESSORS))
    return load_package(folder / "mirrored" / "D")


@pytest.fixture(scope="module")
def multi_worker(folder):
    workers = [f"localhost:{port}" for port in free_ports(2)]
    processes = [
        start(
            folder,
            "multi_worker",
            TF_CONFIG=json.dumps({"cluster": {"worker": workers}, "task": {"type": "worker", "index": i}}),
        )
        for i in range(2)
    ]
    said = [finished(process) for process in processes]
    assert ["multi_worker/D" in words for words in said] == [True, False]  # the first machine writes
    return load_package(folder / "multi_worker" / "D")


def test_two_machines_compute_what_two_processors_of_one_do(mirrored, multi_worker):
    one, other = load_weights(mirrored), load_weights(multi_worker)
    assert one.keys() == other.keys()
    for name in one:
        np.testing.assert_allclose(one[name].astype(float), other[name], rtol=2e-2, atol=2e-3)
    assert mirrored.metrics["training"]["loss"] == pytest.approx(
        multi_worker.metrics["training"]["loss"], rel=1e-3
    )


def test_the_history_is_written_once(folder, multi_worker):
    (job,) = read_run(folder / "home" / "training" / "multi_worker").jobs
    assert job.done
    assert [record.epoch for record in job.history] == [1, 2]


def test_batches_that_do_not_divide_are_refused(monkeypatch):
    class TwoReplicas:
        num_replicas_in_sync = 2

    monkeypatch.setattr("dls.nn.distribution._strategy", lambda _name: TwoReplicas())
    assert strategy_of(replace(DEMO, batch_size=4))
    with pytest.raises(InputError, match="a multiple of 2"):
        strategy_of(replace(DEMO, batch_size=5))


@pytest.mark.parametrize("value", [None, "{}", '{"cluster": {"chief": ["a:1"]}}', "{worker"])
def test_several_machines_need_a_cluster(value, monkeypatch):
    monkeypatch.delenv("TF_CONFIG", raising=False)
    if value is not None:
        monkeypatch.setenv("TF_CONFIG", value)
    with pytest.raises(InputError, match="TF_CONFIG"):
        strategy_of(replace(DEMO, distribution="multi_worker"))


@pytest.mark.parametrize(
    ("cluster", "task", "chief"),
    [
        ({"worker": ["a:1", "b:1"]}, {"type": "worker", "index": 0}, True),
        ({"worker": ["a:1", "b:1"]}, {"type": "worker", "index": 1}, False),
        ({"chief": ["a:1"], "worker": ["b:1"]}, {"type": "worker", "index": 0}, False),
        ({"chief": ["a:1"], "worker": ["b:1"]}, {"type": "chief", "index": 0}, True),
    ],
)
def test_one_of_several_machines_writes(cluster, task, chief, monkeypatch):
    monkeypatch.setenv("TF_CONFIG", json.dumps({"cluster": cluster, "task": task}))
    assert is_chief(replace(DEMO, distribution="multi_worker")) is chief
    assert is_chief(DEMO)
