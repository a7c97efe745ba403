import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dls.analysis.published import load_published
from dls.analysis.published_checks import (
    PrintedCounts,
    answers_giving,
    check_area,
    discordant_pairs,
    prints_as,
    prints_as_rounded_twice,
)
from dls.stats.agreement import kappa_from_table, kappa_of_totals
from dls.stats.mcnemar import mcnemar_counts


@pytest.mark.parametrize(
    ("value", "printed", "plain", "twice"),
    [
        (97.849, "97.9", False, True),
        (97.85, "97.9", True, True),
        (97.849, "97.8", True, False),
        (59.459, "59.6", False, False),
        (0.25, "0.3", True, True),
        (100.0, "100", True, True),
    ],
)
def test_rounding_as_it_is_printed(value, printed, plain, twice):
    assert prints_as(value, printed) is plain
    assert prints_as_rounded_twice(value, printed) is twice


@given(st.tuples(*[st.integers(0, 15)] * 4).filter(any))
def test_the_true_pairs_are_always_among_those_found(cells):
    both, only_a, only_b, _ = cells
    result = mcnemar_counts(*cells)
    printed = f"{result.p_exact:.3f}"
    found = discordant_pairs(printed, both + only_a, both + only_b, result.n)
    # Python rounds ties of the binary value, tables round half up: compare where they agree
    if prints_as(result.p_exact, printed):
        assert (only_a, only_b) in found
    for a, b in found:
        assert a - b == only_a - only_b
        assert min(both + only_a - a, result.n - (both + only_a) - b) >= 0


def test_counts_that_allow_no_pair():
    assert discordant_pairs("0.063", 47, 47, 52) == ()
    assert discordant_pairs("0.688", 34, 36, 38) == ((2, 4),)
    assert discordant_pairs("0.688", 8, 9, 15, "p_mid") == ((2, 3),)


def test_totals_of_two_and_of_seven_classes():
    counts = PrintedCounts(load_published())
    agreeing, classes, answers = counts.totals("2", "Model C")
    assert (agreeing, classes.tolist(), answers.tolist()) == (187, [99, 102], [97, 104])
    table = np.array([[91, 8], [6, 96]])
    assert float(kappa_of_totals(agreeing, classes, answers)[0]) == pytest.approx(
        kappa_from_table(table).kappa
    )
    agreeing, classes, answers = counts.totals("1", "Model A")
    assert (agreeing, classes.sum(), answers.sum()) == (159, 201, 201)
    assert counts.totals("2", "Reader consensus") is None
    assert counts.totals("1", "Reader 1") is None


def test_answers_that_give_a_kappa():
    classes = (47, 37, 15)
    found = answers_giving(classes, 93, "0.901", "11.8")
    kappa, z = kappa_of_totals(93, np.array(classes), np.array(found))
    assert (f"{float(kappa):.3f}", f"{float(z):.1f}") == ("0.901", "11.8")
    assert np.minimum(found, classes).sum() >= 93
    assert answers_giving(classes, 93, "0.500", "11.8") is None


def test_an_area_is_checked_by_the_middle_of_its_interval():
    row = {"table": "2", "system": "X", "target": "y", "measure": "AUC", "note": ""}
    fine = check_area(row | {"printed": "0.925", "printed_low": "0.871", "printed_high": "0.978"})
    off = check_area(row | {"printed": "0.9416", "printed_low": "0.914", "printed_high": "0.979"})
    cut = check_area(row | {"printed": "0.986", "printed_low": "0.96", "printed_high": "1"})
    assert (fine["reproduced"], off["reproduced"], cut["reproduced"]) == (True, False, True)
    assert cut["midpoint"] is None
