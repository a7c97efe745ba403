"""Cases that a coming study needs, as printed, against the power of each."""

import numpy as np
import pandas as pd

from dls.analysis.planning_layout import NONE_ENOUGH, READERS, planning_layout
from dls.stats.crossed import crossed_ratings
from dls.stats.mrmc import VarianceComponents, obuchowski_rockette
from dls.stats.power import power


def components() -> VarianceComponents:
    """Four readers, sixty cases, two conditions, by chance."""
    lots = np.random.default_rng(5)
    truth = np.arange(60) % 2 == 0
    rows = [
        (reader, modality, case, bool(truth[case]), float(lots.normal(1.2 * truth[case] + 0.2 * modality)))
        for reader in range(4)
        for modality in range(2)
        for case in range(60)
    ]
    long = pd.DataFrame(rows, columns=["reader", "modality", "case", "truth", "rating"])
    return obuchowski_rockette(crossed_ratings(long, positive=True)).components


def test_each_number_of_cases_is_the_smallest_that_is_enough() -> None:
    pilot = components()
    table = planning_layout(pilot, 0.06)
    assert table.caption.endswith("a difference of 0.06 between two areas")
    found = 0
    for readers, cell in zip(READERS, table.sections[0].rows[0].cells, strict=True):
        if cell.text == "–":
            assert float(cell.detail) < 0.8
            continue
        cases = int(cell.text.replace(",", ""))
        assert power(pilot, 0.06, readers, cases).power >= 0.8
        assert power(pilot, 0.06, readers, cases - 1).power < 0.8
        found += 1
    assert found > 3


def test_a_difference_too_small_to_find_has_the_power_at_most() -> None:
    table = planning_layout(components(), 1e-5)
    (row,) = table.sections[0].rows
    assert all(cell.text == "–" and float(cell.detail) < 0.8 for cell in row.cells)
    assert NONE_ENOUGH in table.notes


def test_what_cannot_be_planned_says_why() -> None:
    table = planning_layout(components(), 0.0)
    assert {cell.text for cell in table.sections[0].rows[0].cells} == {"–"}
    assert table.notes[-1].startswith("–: ")
    assert NONE_ENOUGH not in table.notes
