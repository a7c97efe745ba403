from dls.analysis.cohort import cohort
from tests.analysis.tiny_study import tiny_study


def test_composition() -> None:
    found = cohort(tiny_study())
    assert (found.cases, found.malignant) == (12, 6)
    assert found.composition["cases"].tolist() == [3, 2, 0, 1, 3, 2, 1]
    assert found.composition["histopathology"].tolist() == [0, 0, 0, 0, 3, 2, 1]
    assert found.composition["median_mm"].tolist()[0] == 20.0
    assert list(found.standards.items()) == [("histopathology", 6), ("follow-up", 6)]


def test_progress_of_each_reader() -> None:
    first, second = cohort(tiny_study()).progress
    assert (first.reader, first.signed, first.simulated, first.cases) == ("Reader 1", 11, 10, 12)
    assert second.fraction == 1.0


def test_flow_of_cases() -> None:
    data = tiny_study()
    assert [(s.name, s.cases) for s in cohort(data).flow] == [
        ("Cases in the study", 12),
        ("with predictions of every model", 12),
        ("read by at least one reader", 12),
        ("read by every reader", 11),
        ("with a consensus", 11),
    ]
    data.scores["G"] = data.scores["G"].drop(index=7)
    assert cohort(data).flow[1].cases == 11
