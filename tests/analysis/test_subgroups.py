import pandas as pd
import pytest

from dls.analysis.subgroups import FACTORS, Subgroup, factor
from dls.errors import InputError
from tests.analysis.tiny_study import tiny_study


def test_a_cut_belongs_to_the_level_below_it() -> None:
    cases = pd.DataFrame({"lesion_mm": [20.0, 20.1, 50.0, 50.1, None], "age": [40, 41, 60, 61, None]})
    sizes = ["up to 20 mm", "over 20 to 50 mm", "over 20 to 50 mm", "over 50 mm"]
    assert factor("size").of(cases).tolist() == sizes
    assert factor("age").of(cases).index.tolist() == [0, 1, 2, 3]
    assert factor("age").levels(cases) == ("up to 40 years", "over 40 to 60 years", "over 60 years")


def test_levels_are_those_that_occur_and_partition_the_known_cases() -> None:
    cases = tiny_study().cases
    assert factor("class").levels(cases)[-1] == "other primary malignancy"
    assert "FNH" not in factor("class").levels(cases)
    assert factor("sex").levels(cases) == ()
    for one in FACTORS.values():
        assert set(one.of(cases)) == set(one.levels(cases))


@pytest.mark.parametrize("text", ["sex", "sex:", "height:tall", ""])
def test_a_subgroup_that_cannot_be_read_is_refused(text: str) -> None:
    with pytest.raises(InputError):
        Subgroup.parse(text)


def test_a_level_may_hold_a_colon() -> None:
    assert Subgroup.parse("scanner:A: 3 T") == Subgroup("scanner", "A: 3 T")
