from dls.nn.history import EpochRecord
from dls.nn.run_folder import JobState
from dls.ui.training_runs import courses_of, job_label, job_table
from tests.nn.test_history import RECORDS


def test_networks_have_names_in_words() -> None:
    assert job_label(JobState("A", "setting-2-fold-3", False, ())) == "setting 2, fold 3"
    assert job_label(JobState("A", "final", False, ())) == "all patients"


def test_a_network_before_its_first_epoch_has_a_row_and_no_course() -> None:
    jobs = [JobState("A", "final", False, ()), JobState("A", "setting-1-fold-1", True, RECORDS)]
    table = job_table(jobs)
    assert table["Epochs"].tolist() == ["0", "2"]
    assert (table["Loss"].tolist()[0], table["Unseen accuracy"].tolist()[0]) == ("–", "–")
    assert table.notna().all(axis=None)
    (course,) = courses_of(jobs)
    assert (course.name, list(course.unseen_epoch)) == ("setting 1, fold 1", [2])


def test_the_last_look_at_unseen_patients_stands_though_epochs_went_by() -> None:
    looked, since = EpochRecord(10, 1.5, 0.25, 0.1, 2.0, 1.75, 0.375), EpochRecord(11, 1.4, 0.3, 0.1, 2.0)
    (row,) = job_table([JobState("A", "setting-1-fold-1", False, (looked, since))]).to_dict("records")
    assert (row["Loss"], row["Unseen, at epoch"], row["Unseen loss"]) == ("1.400", "10", "1.750")
