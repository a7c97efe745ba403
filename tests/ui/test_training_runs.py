from dls.nn.run_folder import JobState
from dls.ui.training_runs import courses_of, job_label, job_table
from tests.nn.test_history import RECORDS


def test_networks_have_names_in_words() -> None:
    assert job_label(JobState("A", "setting-2-fold-3", False, ())) == "setting 2, fold 3"
    assert job_label(JobState("A", "final", False, ())) == "all patients"


def test_a_network_before_its_first_epoch_has_a_row_and_no_course() -> None:
    jobs = [JobState("A", "final", False, ()), JobState("A", "setting-1-fold-1", True, RECORDS)]
    table = job_table(jobs)
    assert table["epochs"].tolist() == [0, 2]
    assert table["loss"].isna().tolist() == [True, False]
    (course,) = courses_of(jobs)
    assert (course.name, list(course.unseen_epoch)) == ("setting 1, fold 1", [2])
