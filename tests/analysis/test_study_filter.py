from dataclasses import replace
from urllib.parse import parse_qs, urlencode

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dls.analysis.study_filter import Span, StudyFilter, part, restrict
from dls.analysis.subgroups import Subgroup
from dls.domain import LesionClass, Task
from dls.errors import InputError
from tests.analysis.tiny_study import tiny_study

BOUND = st.none() | st.floats(0, 500).map(lambda x: round(x, 2) + 0.0)
SPANS = (
    st.tuples(BOUND, BOUND)
    .filter(lambda b: b != (None, None))
    .map(
        lambda b: Span(*(sorted(b) if None not in b else b))  # type: ignore[type-var]
    )
)
GROUPS = [Subgroup("sex", "male"), Subgroup("scanner", "a:b")]
FILTERS = st.builds(
    StudyFilter,
    classes=st.lists(st.sampled_from(LesionClass), unique=True).map(tuple),
    size=st.none() | SPANS,
    scanners=st.lists(st.text(min_size=1, max_size=8), unique=True, max_size=3).map(tuple),
    proofs=st.lists(st.sampled_from(["histopathology", "follow-up"]), unique=True).map(tuple),
    readers=st.lists(st.integers(1, 99), unique=True, max_size=3).map(tuple),
    session=st.integers(1, 3),
    aided=st.booleans(),
    confidence=st.none() | SPANS,
    subgroups=st.lists(
        st.sampled_from([Subgroup("sex", "male"), Subgroup("scanner", "a:b")]), unique=True
    ).map(tuple),
)


@given(FILTERS)
def test_an_address_gives_the_filter_back(chosen: StudyFilter) -> None:
    address = urlencode(chosen.to_query(), doseq=True)
    assert StudyFilter.from_query(parse_qs(address)) == chosen
    assert chosen.active == bool(address)


@pytest.mark.parametrize(
    ("chosen", "left"),
    [
        (StudyFilter(classes=(LesionClass.CYST, LesionClass.HCC)), [1, 2, 3, 7, 8, 9]),
        (StudyFilter(size=Span(30, 50)), [3, 4, 5]),
        (StudyFilter(size=Span(high=20)), [1, 2]),
        (StudyFilter(scanners=("vendor 2, 3 T",)), [2, 4, 6, 8, 10, 12]),
        (StudyFilter(proofs=("histopathology",)), [7, 8, 9, 10, 11, 12]),
        (StudyFilter(confidence=Span(40, 60)), [8]),
        (StudyFilter(confidence=Span(40, 60), readers=(12,)), []),
        (StudyFilter(subgroups=(Subgroup("class", "cyst"), Subgroup("class", "HCC"))), [1, 2, 3, 7, 8, 9]),
        (StudyFilter(subgroups=(Subgroup("class", "cyst"), Subgroup("size", "over 20 to 50 mm"))), [3]),
    ],
)
def test_cases_that_a_filter_leaves_counted_by_hand(chosen: StudyFilter, left: list[int]) -> None:
    data = restrict(tiny_study(), chosen)
    assert data.cases.index.tolist() == left
    assert set(data.readings["case_id"]) <= set(left)
    assert all(set(scores.index) <= set(left) for scores in data.scores.values())


def test_other_readers_are_left_out_and_the_consensus_stays() -> None:
    whole = tiny_study()
    data = restrict(whole, StudyFilter(readers=(12,)))
    assert [r.name for r in data.readers] == ["Reader 2"]
    assert data.reading_count().expected == 12
    assert len(data.consensus) == len(whole.consensus)
    assert [s.name for s in data.systems(Task.SEVEN_WAY)][-2:] == ["Reader 2", "Reader consensus"]


def test_without_a_filter_it_is_the_study_itself() -> None:
    data = tiny_study()
    assert restrict(data, StudyFilter()) is data


def test_the_part_says_what_it_is() -> None:
    chosen = StudyFilter(
        classes=(LesionClass.CYST, LesionClass.HCC),
        size=Span(20),
        readers=(11,),
        subgroups=(Subgroup("scanner", "vendor 2, 3 T"),),
    )
    words = "cyst or HCC; from 20 mm; scanner: vendor 2, 3 T; readers: Reader 1"
    assert str(part(tiny_study(), chosen)) == f"Part of the study ({words}): 2 of 12 cases"


def test_readings_with_the_opinion_are_named_and_the_consensus_apart_from_them() -> None:
    data, chosen = tiny_study(), StudyFilter(aided=True)
    words = "readings with the model's opinion"
    assert part(data, chosen).words == f"{words}, consensus without it"
    assert part(replace(data, consensus=data.consensus.iloc[:0]), chosen).words == words


@pytest.mark.parametrize(
    "query",
    [
        {"class": ["abscess"]},
        {"size": ["big"]},
        {"size": ["30-10"]},
        {"size": ["-"]},
        {"confidence": ["nan-3"]},
        {"reader": ["Anna"]},
        {"session": ["0"]},
        {"opinion": ["hidden"]},
        {"subgroup": ["sex"]},
    ],
)
def test_an_address_that_makes_no_sense_is_refused(query: dict[str, list[str]]) -> None:
    with pytest.raises(InputError):
        StudyFilter.from_query(query)


@pytest.mark.parametrize(
    "chosen",
    [
        StudyFilter(scanners=("vendor 9",)),
        StudyFilter(proofs=("hearsay",)),
        StudyFilter(readers=(99,)),
        StudyFilter(subgroups=(Subgroup("sex", "female"),)),
    ],
)
def test_what_the_study_does_not_have_is_refused(chosen: StudyFilter) -> None:
    with pytest.raises(InputError, match="The study has no such"):
        restrict(tiny_study(), chosen)


def test_an_unknown_diameter_is_in_no_range() -> None:
    assert Span(0).holds(pd.Series([1.0, None])).tolist() == [True, False]
