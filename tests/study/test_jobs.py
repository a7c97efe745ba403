"""Jobs: one runner each, taken over when a process is gone, ended once, cancelled at any time."""

import pytest

from dls.errors import ConflictError, InputError
from dls.study import jobs
from dls.study.audit import verify
from dls.study.jobs import MOST_ATTEMPTS, SILENCE_SECONDS, State
from tests.study.tiny_study import tiny_study


@pytest.fixture
def store(tmp_path):
    return tiny_study(tmp_path / "study.db")


@pytest.fixture
def clock(store):
    return store.clock


def test_a_job_is_asked_for_done_and_said_to_be_done(store):
    number = jobs.ask(store, "predict", {"letters": ["A"]})
    job = jobs.claim(store, "one")
    assert job.id == number
    assert (job.kind, job.settings, job.state) == ("predict", {"letters": ["A"]}, State.RUNNING)
    assert jobs.report(store, number, "one", done=3, total=10, step="cases")
    assert jobs.get(store, number).done == 3
    jobs.end(store, number, "one", State.DONE, "10 cases")
    found = jobs.get(store, number)
    assert (found.state, found.message) == (State.DONE, "10 cases")
    assert found.ended_at is not None
    assert jobs.claim(store, "one") is None
    assert verify(store).ok


def test_the_same_job_is_not_asked_for_twice_while_it_is_not_over(store):
    first = jobs.ask(store, "predict", {"letters": ["A"]})
    assert jobs.ask(store, "predict", {"letters": ["A"]}) == first
    assert jobs.ask(store, "predict", {"letters": ["B"]}) != first
    jobs.claim(store, "one")
    jobs.end(store, first, "one", State.DONE, "")
    assert jobs.ask(store, "predict", {"letters": ["A"]}) != first


def test_two_runners_never_have_the_same_job(store):
    numbers = [jobs.ask(store, "predict", {"n": n}) for n in range(2)]
    assert [jobs.claim(store, name).id for name in ("one", "two")] == numbers
    assert jobs.claim(store, "three") is None


def test_a_job_whose_process_is_gone_is_taken_over_and_the_former_one_cannot_end_it(store, clock):
    number = jobs.ask(store, "predict", {})
    jobs.claim(store, "gone")
    clock.turn(seconds=SILENCE_SECONDS - 1)
    assert jobs.beat(store, number, "gone")
    clock.turn(seconds=SILENCE_SECONDS - 1)
    assert jobs.claim(store, "new") is None
    clock.turn(seconds=2)
    assert jobs.claim(store, "new").attempts == 2
    assert not jobs.beat(store, number, "gone")
    assert not jobs.report(store, number, "gone", done=1, total=2, step="")
    jobs.end(store, number, "gone", State.DONE, "not mine")
    assert jobs.get(store, number).state is State.RUNNING


def test_a_job_that_kills_its_process_fails_with_a_reason(store, clock):
    number = jobs.ask(store, "predict", {})
    for attempt in range(MOST_ATTEMPTS):
        assert jobs.claim(store, f"runner {attempt}").id == number
        clock.turn(seconds=SILENCE_SECONDS + 1)
    assert jobs.claim(store, "last") is None
    found = jobs.get(store, number)
    assert found.state is State.FAILED
    assert f"ended {MOST_ATTEMPTS} times" in found.message


def test_a_waiting_job_is_cancelled_at_once_and_a_running_one_is_asked_to_end(store, clock):
    waiting, running = jobs.ask(store, "a", {}), jobs.ask(store, "b", {})
    jobs.cancel(store, waiting)
    assert jobs.get(store, waiting).state is State.CANCELLED
    assert jobs.claim(store, "one").id == running
    jobs.cancel(store, running)
    assert jobs.get(store, running).state is State.RUNNING
    assert not jobs.beat(store, running, "one")
    assert not jobs.report(store, running, "one", done=1, total=2, step="")
    jobs.end(store, running, "one", State.CANCELLED, "")
    with pytest.raises(ConflictError, match="over"):
        jobs.cancel(store, running)
    again = jobs.ask(store, "b", {})
    jobs.claim(store, "one")
    jobs.cancel(store, again)
    clock.turn(seconds=SILENCE_SECONDS + 1)
    assert jobs.claim(store, "two") is None
    assert jobs.get(store, again).state is State.CANCELLED


def test_a_job_put_back_waits_and_has_lost_no_attempt(store):
    number = jobs.ask(store, "a", {})
    for _ in range(MOST_ATTEMPTS + 2):
        assert jobs.claim(store, "one").id == number
        jobs.put_back(store, number, "one")
    assert jobs.get(store, number).state is State.WAITING


def test_every_step_moves_the_change_counter_and_nothing_else_does(store):
    seen = [jobs.change_counter(store)]
    number = jobs.ask(store, "a", {})
    seen.append(jobs.change_counter(store))
    jobs.claim(store, "one")
    seen.append(jobs.change_counter(store))
    jobs.report(store, number, "one", done=1, total=2, step="")
    seen.append(jobs.change_counter(store))
    jobs.end(store, number, "one", State.DONE, "")
    seen.append(jobs.change_counter(store))
    assert sorted(set(seen)) == seen
    jobs.beat(store, number, "one")
    assert jobs.change_counter(store) == seen[-1]


def test_newest_jobs_come_first_and_unknown_ones_are_refused(store):
    numbers = [jobs.ask(store, "a", {"n": n}) for n in range(3)]
    assert [j.id for j in jobs.newest(store, 2)] == numbers[:0:-1]
    with pytest.raises(InputError, match="no such job"):
        jobs.get(store, 99)
    with pytest.raises(InputError, match="no such job"):
        jobs.cancel(store, 99)
