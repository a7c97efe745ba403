"""Prediction jobs: every case once, resumable after a kill, honest about what does not apply."""

import subprocess
import sys
import time
from pathlib import Path

import numpy as np

from dls.imaging.archive import ImageArchive
from dls.jobs.runner import Runner
from dls.nn.feature_store import FeatureStore
from dls.nn.package import load_package
from dls.nn.worker import Worker
from dls.study import jobs
from dls.study.jobs import State
from tests.jobs.conftest import case_volumes, make_runner

PROJECT = Path(__file__).parents[2]


def test_every_case_is_scored_once_and_its_features_are_kept(runner, store, home):
    number = jobs.ask(store, "predict", {"letters": []})
    assert runner.do_pending() == 1
    found = jobs.get(store, number)
    assert found.state is State.DONE, found.message
    assert found.done == found.total == 4
    scores = store.group_scores("B")
    assert sorted(set(scores["case_id"])) == sorted(store.cases().index)
    np.testing.assert_allclose(scores.drop(columns=["case_id", "group"]).sum(axis=1), 1, atol=1e-5)
    package = load_package(home / "models" / "B")
    hidden, case_id, group = FeatureStore(home / "features").gather(package.sha256, store.cases().index)
    assert hidden.shape == (len(scores), 256)
    assert (case_id.tolist(), group.tolist()) == (scores["case_id"].tolist(), scores["group"].tolist())
    jobs.ask(store, "predict", {"letters": []})
    runner.do_pending()
    assert jobs.newest(store)[0].message.startswith("0 cases")
    assert len(store.group_scores("B")) == len(scores)


def test_lost_features_are_made_again_without_new_scores(runner, store, home):
    jobs.ask(store, "predict", {"letters": ["B"]})
    runner.do_pending()
    sha256 = load_package(home / "models" / "B").sha256
    (home / "features" / sha256[:12] / "2.npy").unlink()
    before = store.group_scores("B")
    jobs.ask(store, "predict", {"letters": ["B"]})
    runner.do_pending()
    assert jobs.newest(store)[0].message.startswith("1 cases")
    assert FeatureStore(home / "features").has(sha256, 2)
    assert store.group_scores("B").equals(before)


def test_a_case_without_outline_says_so_and_the_others_are_scored(runner, store, home):
    ImageArchive(home / "images").put(3, case_volumes(3), None)
    jobs.ask(store, "predict", {"letters": ["B"]})
    runner.do_pending()
    found = jobs.newest(store)[0]
    assert found.state is State.DONE
    assert "not applicable: B: Case 3 has no outline" in found.message
    assert 3 not in set(store.group_scores("B")["case_id"])
    assert len(set(store.group_scores("B")["case_id"])) == 3


def test_a_model_that_the_study_does_not_have_fails_with_the_reason(runner, store):
    number = jobs.ask(store, "predict", {"letters": ["A"]})
    runner.do_pending()
    found = jobs.get(store, number)
    assert found.state is State.FAILED
    assert "no such model" in found.message


def test_unknown_kinds_fail_and_the_next_job_is_done(runner, store):
    odd, good = jobs.ask(store, "dance", {}), jobs.ask(store, "predict", {"letters": ["B"], "cases": [1]})
    assert runner.do_pending() == 2
    assert jobs.get(store, odd).state is State.FAILED
    assert jobs.get(store, good).state is State.DONE


SERVE = """
import sys
from pathlib import Path
from dls.imaging.archive import ImageArchive
from dls.jobs import prediction
from dls.imaging.archive import ImageArchive
from dls.jobs.runner import Runner
from dls.jobs.works import WORKS
from dls.nn.worker import Worker
from dls.study.store import Store
prediction.CHUNK = 1
home = Path(sys.argv[1])
worker = Worker()
images = lambda case: ImageArchive(home / "images")
Runner(lambda: Store(home / "study.db"), home, images, lambda: worker, WORKS).do_pending()
"""


def test_a_job_goes_on_after_the_program_was_killed(home, store, worker):
    number = jobs.ask(store, "predict", {"letters": []})
    process = subprocess.Popen([sys.executable, "-c", SERVE, str(home)], cwd=PROJECT)
    try:
        deadline = time.monotonic() + 300
        while not len(store.group_scores("B")) and time.monotonic() < deadline:
            time.sleep(0.02)
        assert len(store.group_scores("B"))
    finally:
        process.kill()
        process.wait()
    killed_with = store.group_scores("B")
    assert jobs.get(store, number).state is State.RUNNING
    later = _later(store)
    assert make_runner(home, later, lambda: worker).do_pending() == 1
    found = jobs.get(store, number)
    assert (found.state, found.attempts) == (State.DONE, 2)
    whole = store.group_scores("B")
    assert sorted(set(whole["case_id"])) == sorted(store.cases().index)
    assert whole.merge(killed_with).shape == killed_with.shape


def test_a_killed_process_of_the_networks_fails_the_job_clearly_and_it_can_be_asked_again(home, store):
    worker = Worker()
    try:
        worker.submit(load_package, home / "models" / "B").result(60)
        worker._child.kill()
        number = jobs.ask(store, "predict", {"letters": ["B"]})
        runner = make_runner(home, store, lambda: worker)
        runner.do_pending()
        found = jobs.get(store, number)
        assert found.state is State.FAILED
        assert "ended before it answered" in found.message
        again = jobs.ask(store, "predict", {"letters": ["B"]})
        runner.do_pending()
        assert jobs.get(store, again).state is State.DONE
    finally:
        worker.close()


def _later(store):
    """The same store, a minute later."""
    from datetime import timedelta

    from dls.study.database import system_clock
    from dls.study.store import Store

    return Store(store.path, clock=lambda: system_clock() + timedelta(minutes=1))


def test_a_runner_that_is_closed_puts_its_job_back(home, store, worker):
    def forever(context, _job):
        while True:
            context.progress(1, 2, "still")
            time.sleep(0.01)

    number = jobs.ask(store, "forever", {})
    runner = Runner(lambda: store, home, lambda _case: None, lambda: worker, {"forever": forever})
    runner.start()
    _until(lambda: jobs.get(store, number).state is State.RUNNING)
    runner.close()
    assert jobs.get(store, number).state is State.WAITING


def test_a_running_job_is_cancelled(home, store, worker):
    def forever(context, _job):
        while True:
            context.progress(1, 2, "still")
            time.sleep(0.01)

    number = jobs.ask(store, "forever", {})
    runner = Runner(lambda: store, home, lambda _case: None, lambda: worker, {"forever": forever})
    runner.start()
    try:
        _until(lambda: jobs.get(store, number).state is State.RUNNING)
        jobs.cancel(store, number)
        _until(lambda: jobs.get(store, number).state is State.CANCELLED)
    finally:
        runner.close()


def test_a_defect_fails_the_job_and_is_printed(home, store, worker, capsys):
    def broken(_context, _job):
        return 1 / 0

    number = jobs.ask(store, "broken", {})
    Runner(lambda: store, home, lambda _case: None, lambda: worker, {"broken": broken}).do_pending()
    assert "ZeroDivisionError" in jobs.get(store, number).message
    assert "ZeroDivisionError" in capsys.readouterr().err


def test_a_runner_outlives_a_defect_outside_its_jobs(home, store, worker, monkeypatch, capsys):
    monkeypatch.setattr("dls.jobs.runner.POLL_SECONDS", 0.01)
    defects = [ZeroDivisionError]

    def opened():
        if defects:
            raise defects.pop()
        return store

    number = jobs.ask(store, "brief", {})
    runner = Runner(opened, home, lambda _case: None, lambda: worker, {"brief": lambda *_: "done"})
    runner.start()
    try:
        _until(lambda: jobs.get(store, number).state is State.DONE)
    finally:
        runner.close()
    assert "ZeroDivisionError" in capsys.readouterr().err


def _until(true, seconds=30):
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_without_a_study_there_is_nothing_to_do(home, worker):
    assert make_runner(home, None, lambda: worker).do_pending() == 0
