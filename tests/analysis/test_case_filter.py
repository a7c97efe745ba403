import pytest

from dls.analysis.case_filter import CaseFilter, Condition
from dls.domain import Task
from dls.errors import InputError

WHERE = Condition.parse


@pytest.mark.parametrize(
    "chosen",
    [
        CaseFilter(),
        CaseFilter(
            Task.MALIGNANT_THREE_WAY,
            truth="HCC",
            where=(WHERE("E:called:metastatic malignancy"), WHERE("consensus:right")),
            readers_differ=True,
            cases=(1, 20),
        ),
    ],
)
def test_a_filter_survives_its_url(chosen: CaseFilter) -> None:
    query = {k: v if isinstance(v, list) else [v] for k, v in chosen.to_query().items()}
    assert CaseFilter.from_query(query) == chosen


@pytest.mark.parametrize(
    "query",
    [
        {"task": ["eight-way"]},
        {"cases": ["one"]},
        {"truth": ["abscess"]},
        {"where": ["A"]},
        {"where": ["A:maybe"]},
    ],
)
def test_a_malformed_url_is_refused(query: dict[str, list[str]]) -> None:
    with pytest.raises(InputError):
        CaseFilter.from_query(query)
