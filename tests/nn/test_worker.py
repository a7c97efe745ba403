"""The worker: results, errors and progress come back; the parent stays without TensorFlow; children end."""

import math
import subprocess
import sys
import time
from concurrent.futures import CancelledError
from pathlib import Path

import numpy as np
import pytest

from dls.errors import DLSError, InputError, PackageError
from dls.nn.package import load_package
from dls.nn.predict import patient_scores, predict
from dls.nn.worker import Worker


@pytest.fixture
def worker():
    worker = Worker()
    yield worker
    worker.close()


def test_results_come_back_and_package_errors_stay_what_they_are(worker, model_b, tmp_path):
    good = worker.submit(load_package, model_b.folder)
    bad = worker.submit(load_package, tmp_path)
    assert good.result(60) == model_b
    with pytest.raises(PackageError, match=r"no model package.*Expected: package\.json") as raised:
        bad.result(60)
    assert raised.value.expected == "package.json"


def test_defects_carry_the_childs_traceback(worker):
    with pytest.raises(RuntimeError, match=r"in patient_scores[\s\S]*TypeError"):
        worker.submit(patient_scores, None, None).result(60)


def test_a_child_that_dies_fails_its_job_and_the_next_one_gets_another(worker, model_b):
    worker.submit(load_package, model_b.folder).result(60)
    running = worker.submit(load_package, model_b.folder)
    running.result(60)
    assert worker._child is not None
    worker._child.kill()
    with pytest.raises(DLSError, match=r"ended before it answered.*exit status -9"):
        worker.submit(load_package, model_b.folder).result(60)
    assert worker.submit(load_package, model_b.folder).result(60) == model_b


def test_arguments_that_cannot_be_sent_fail_the_job_alone(worker, model_b):
    with pytest.raises(Exception, match="pickle"):
        worker.submit(load_package, lambda: None).result(60)
    assert worker.submit(load_package, model_b.folder).result(60) == model_b


def test_waiting_jobs_can_be_cancelled_and_closing_cancels_the_rest(model_b):
    worker = Worker()
    worker.submit(load_package, model_b.folder)
    second, third = (worker.submit(load_package, model_b.folder) for _ in range(2))
    assert second.cancel()
    worker.close()
    with pytest.raises((CancelledError, DLSError)):
        third.result(60)
    with pytest.raises(ValueError, match="closed"):
        worker.submit(load_package, model_b.folder)


def test_only_functions_of_the_networks_run(worker):
    with pytest.raises(ValueError, match="no function of"):
        worker.submit(math.sqrt, 2.0)


def test_parent_stays_without_tensorflow_and_its_child_ends_with_it(groups, model_b, tmp_path):
    """As in a web process, whose `__main__` is something that must not run again."""
    np.save(tmp_path / "pixels.npy", groups.pixels)
    code = f"""
import sys
import numpy as np
from pathlib import Path
print("main")
from dls.nn.package import load_package
from dls.nn.predict import predict
from dls.nn.worker import Worker
worker = Worker()
steps = []
job = worker.submit(
    predict,
    load_package(Path({str(model_b.folder)!r})),
    np.load({str(tmp_path / "pixels.npy")!r}),
    progress=lambda done, total, what: steps.append((done, total)),
)
np.save({str(tmp_path / "scores.npy")!r}, job.result(120))
assert steps == [(28, 28)], steps
print(worker._child.pid)
sys.exit(bool({{"tensorflow", "keras"}} & set(sys.modules)))
"""
    done = subprocess.run([sys.executable, "-"], input=code, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    np.testing.assert_allclose(np.load(tmp_path / "scores.npy"), predict(model_b, groups.pixels), atol=1e-6)
    first, child = done.stdout.split()
    assert first == "main"
    deadline = time.monotonic() + 30
    while _exists(int(child)) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not _exists(int(child))


def _exists(pid: int) -> bool:
    """Whether a process runs; one that waits to be reaped does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_input_errors_keep_their_parts(worker, model_b, groups):
    with pytest.raises(InputError) as raised:
        worker.submit(predict, model_b, groups.pixels[..., :4]).result(120)
    assert raised.value.got == "(28, 32, 32, 4)"
