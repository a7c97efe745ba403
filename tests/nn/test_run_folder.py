"""Run folders: the same training is taken up again, another one refused, and the state read while it runs."""

from dataclasses import replace

import pytest

from dls.errors import ConflictError, InputError
from dls.nn.config import DEMO
from dls.nn.history import write_history
from dls.nn.run_folder import (
    change_counter,
    list_runs,
    only_one,
    open_run,
    read_run,
    remove_run,
    run_name,
)
from tests.nn.test_history import RECORDS


def test_a_run_keeps_the_date_of_its_start(tmp_path):
    folder = tmp_path / "run"
    assert open_run(folder, DEMO, "abc", "2020-05-01") == "2020-05-01"
    assert open_run(folder, DEMO, "abc", "2020-06-01") == "2020-05-01"


@pytest.mark.parametrize(
    ("config", "cohort", "message"),
    [
        (replace(DEMO, epochs=61), "abc", "Expected: epochs = 61. Got: epochs = 60"),
        (DEMO, "abd", "cohort differs. Expected: abd. Got: abc"),
    ],
)
def test_another_training_is_refused(config, cohort, message, tmp_path):
    open_run(tmp_path, DEMO, "abc", "2020-05-01")
    with pytest.raises(InputError, match=message):
        open_run(tmp_path, config, cohort, "2020-05-01")


def test_other_software_is_refused(tmp_path, monkeypatch):
    open_run(tmp_path, DEMO, "abc", "2020-05-01")
    monkeypatch.setattr("dls.nn.run_folder.version", lambda _name: "99")
    with pytest.raises(InputError, match="versions differs"):
        open_run(tmp_path, DEMO, "abc", "2020-05-01")


def test_the_name_follows_from_configuration_and_cohort():
    assert run_name(DEMO, "abc") == run_name(replace(DEMO), "abc")
    assert run_name(DEMO, "abc").startswith("demo-")
    assert len({run_name(DEMO, "abc"), run_name(DEMO, "abd"), run_name(replace(DEMO, seed=1), "abc")}) == 3


def test_two_processes_do_not_train_the_same_model(tmp_path):
    with only_one(tmp_path, "A", DEMO), only_one(tmp_path, "B", DEMO):
        with pytest.raises(ConflictError, match="Model A"), only_one(tmp_path, "A", DEMO):
            pass
        workers = replace(DEMO, distribution="multi_worker")
        with only_one(tmp_path, "A", workers):
            pass
    with only_one(tmp_path, "A", DEMO):
        pass


def test_the_state_lists_folds_before_the_final_training(tmp_path):
    open_run(tmp_path / "run", DEMO, "abc", "2020-05-01")
    for name in ("final", "setting-1-fold-2", "setting-1-fold-1"):
        (tmp_path / "run" / "B" / name).mkdir(parents=True)
    write_history(tmp_path / "run" / "B" / "final", RECORDS)
    (tmp_path / "run" / "B" / "setting-1-fold-1" / "result.npz").touch()
    state = read_run(tmp_path / "run")
    assert [(j.letter, j.name, j.done) for j in state.jobs] == [
        ("B", "setting-1-fold-1", True),
        ("B", "setting-1-fold-2", False),
        ("B", "final", False),
    ]
    assert state.jobs[2].history == RECORDS
    assert state.configuration["name"] == "demo"
    with pytest.raises(InputError, match="no training here"):
        read_run(tmp_path)


def test_runs_are_listed_and_counted_as_they_move(tmp_path):
    import os

    assert change_counter(tmp_path / "absent") == 0
    for i, name in enumerate(("old", "new")):
        open_run(tmp_path / name, DEMO, name, "2020-05-01")
        os.utime(tmp_path / name / "run.json", (1000 + i, 1000 + i))
    assert [p.name for p in list_runs(tmp_path)] == ["new", "old"]
    before = change_counter(tmp_path)
    (tmp_path / "old" / "A" / "final").mkdir(parents=True)
    write_history(tmp_path / "old" / "A" / "final", RECORDS)
    assert change_counter(tmp_path) > before
    assert [p.name for p in list_runs(tmp_path)] == ["old", "new"]


def test_only_a_run_is_removed(tmp_path):
    (tmp_path / "precious").write_text("data")
    remove_run(tmp_path)
    assert (tmp_path / "precious").exists()
    open_run(tmp_path / "run", DEMO, "abc", "2020-05-01")
    remove_run(tmp_path / "run")
    assert not (tmp_path / "run").exists()
