"""Every count of the comparison of readers with themselves opens its cases: against loops over the rows."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from dls.analysis.aided import aided_study
from dls.analysis.aided_layout import aided_layout
from dls.analysis.case_filter import ANY_READER, CHANGED_AIDED, READ_BOTH_WAYS, CaseFilter, Condition
from dls.analysis.case_selection import describe, select
from dls.analysis.dataset import StudyData, load
from dls.analysis.printed import Cell, PrintedTable
from dls.analysis.study_filter import StudyFilter, restrict
from dls.domain import LesionClass
from dls.errors import InputError
from dls.study.protocol import SessionPlan
from dls.study.store import Store
from tests.analysis.test_aided import CROSSED, SEQUENTIAL, read_study

Holds = Callable[[int, int, int], bool]
OPENED: dict[tuple[str, str], Holds] = {
    ("Accuracy of seven classes, %", "without"): lambda truth, before, after: before != truth,
    ("Accuracy of seven classes, %", "with"): lambda truth, before, after: after != truth,
    ("Accuracy of seven classes, %", "right only with"): lambda t, before, after: before != t == after,
    ("Accuracy of seven classes, %", "right only without"): lambda t, before, after: after != t == before,
    ("Accuracy of seven classes, %", "answers changed"): lambda truth, before, after: before != after,
    ("Malignancy", "sensitivity, with – without"): lambda t, a, b: t >= 4 and (a >= 4) != (b >= 4),
    ("Malignancy", "specificity, with – without"): lambda t, a, b: t < 4 and (a >= 4) != (b >= 4),
}


def counted(cell: Cell, label: str) -> int:
    """The number of cases behind a printed count."""
    if label in {"with", "without"}:
        right, n = map(int, cell.detail.split("/"))
        return n - right
    if label.startswith(("sens", "spec")):
        return sum(map(int, cell.detail.split(",")[0].split(":")))
    return int(cell.text.split("/")[0])


def expected(store: Store, reader: int, holds: Holds) -> list[int]:
    """The cases of which something holds of the truth, and a reader's first calls without and with."""
    truth, called = store.cases()["lesion_class"].to_dict(), {}
    with store.read() as connection:
        for r in connection.execute("SELECT * FROM reading WHERE occasion = 1 ORDER BY id"):
            called[r["reader_id"], r["case_id"], r["stage"]] = r["lesion_class"]
    sides = {c: [called.get((reader, c, stage)) for stage in (1, 2)] for c in truth}
    return [c for c, (a, b) in sides.items() if a is not None and b is not None and holds(truth[c], a, b)]


@pytest.fixture(scope="module", params=[SEQUENTIAL, CROSSED], ids=["sequential", "crossover"])
def store(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Store:
    path = tmp_path_factory.mktemp("aided") / "study.db"
    return read_study(path, *request.param, hidden_repeats=2, skip=3)


def cells(table: PrintedTable, of: int) -> dict[tuple[str, str], Cell]:
    return {(s.heading, r.label): r.cells[of] for s in table.sections for r in s.rows}


@pytest.mark.parametrize("aided", [False, True])
def test_every_count_opens_its_cases(store: Store, aided: bool) -> None:
    data, study = load(store, aided=aided), aided_study(store)
    opened = 0
    for place, row in enumerate(study.readers):
        shown = cells(aided_layout(study), place)
        assert {key for key, cell in shown.items() if cell.cases} <= OPENED.keys()
        for key, holds in OPENED.items():
            wanted, cell = expected(store, row.reader.reader_id, holds), shown[key]
            assert counted(cell, key[1]) == len(wanted), key
            assert (cell.cases is not None) == bool(wanted)
            if cell.cases is not None:
                address = {k: [v] if isinstance(v, str) else v for k, v in cell.cases.to_query().items()}
                assert CaseFilter.from_query(address) == cell.cases
                assert select(data, cell.cases).index.tolist() == wanted, key
                opened += 1
    assert opened > 8


def test_counts_of_a_part_open_cases_of_the_part(store: Store) -> None:
    data = restrict(load(store), StudyFilter(classes=(LesionClass.CYST, LesionClass.HCC), readers=(2,)))
    study = aided_study(store, within=data)
    (row,) = study.readers
    cell = cells(aided_layout(study), 0)["Accuracy of seven classes, %", "answers changed"]
    wanted = [c for c in expected(store, 2, lambda t, a, b: a != b) if c in data.cases.index]
    assert row.changed == len(wanted)
    assert cell.cases is None or select(data, cell.cases).index.tolist() == wanted


def test_any_reader_can_be_meant(store: Store) -> None:
    chosen = CaseFilter(where=(Condition(ANY_READER, CHANGED_AIDED),))
    wanted = {c for reader in (1, 2) for c in expected(store, reader, lambda t, a, b: a != b)}
    assert set(select(load(store), chosen).index) == wanted


def test_a_selection_says_what_it_is(store: Store) -> None:
    data = load(store)
    for outcome, words in READ_BOTH_WAYS.items():
        chosen = CaseFilter(where=(Condition("reader-1", outcome),))
        assert describe(data, chosen) == f"seven-way: Reader 1 {words}"


def test_a_model_reads_no_case_twice(store: Store) -> None:
    asked = {"task": ["benign/malignant"], "where": [f"D:{CHANGED_AIDED}"]}
    with pytest.raises(InputError, match="Only a reader"):
        select(load(store), CaseFilter.from_query(asked))


def test_without_the_opinion_nothing_is_read_both_ways(tmp_path: Path) -> None:
    data: StudyData = load(read_study(tmp_path / "s.db", SessionPlan()))
    for outcome in READ_BOTH_WAYS:
        assert select(data, CaseFilter(where=(Condition("reader-1", outcome),))).empty
