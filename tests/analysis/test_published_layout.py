import pytest

from dls.analysis.accuracy import accuracy_table
from dls.analysis.agreement import agreement_table
from dls.analysis.case_selection import select
from dls.analysis.long_form import accuracy_long_form, agreement_long_form
from dls.analysis.printed import PrintedTable, Row
from dls.analysis.published import recompute_published
from dls.analysis.published_layout import published_layout
from dls.domain import Task
from tests.analysis.tiny_study import tiny_study

OURS = agreement_long_form(agreement_table(tiny_study()))


def row(table: PrintedTable, heading: str, label: str) -> Row:
    return next(r for s in table.sections if s.heading == heading for r in s.rows if r.label == label)


@pytest.fixture(scope="module")
def published():
    return recompute_published()


def test_printed_recomputed_and_own_figures_stand_side_by_side(published) -> None:
    cells = row(published_layout("4", published, OURS), "Accuracy, %", "Model A").cells
    assert cells[0].text == "79.1 (72.8–84.5)"
    assert (cells[1].text, cells[1].detail) == ("79.1 (72.8–84.5)", "159/201")
    assert (cells[2].text, cells[2].detail) == ("83.3 (51.6–97.9)", "10/12")


def test_own_counts_open_the_cases_that_were_wrong(published) -> None:
    data = tiny_study()
    systems, areas = (*data.models, *data.readers), accuracy_long_form(accuracy_table(data, Task.SEVEN_WAY))
    for number, ours, heading, label, wrong in (
        ("4", OURS, "Accuracy, %", "Model A", [5, 9]),
        ("4", OURS, "Accuracy, %", "Model C", [5, 10]),
        ("1", areas, "Sensitivity, %", "Model A, HCC", [9]),
        ("1", areas, "Specificity, %", "Model A, cyst", [5]),
    ):
        cell = row(published_layout(number, published, ours, systems), heading, label).cells[2]
        assert select(data, cell.cases).index.tolist() == wrong
    assert row(published_layout("4", published, OURS), "Accuracy, %", "Model A").cells[2].cases is None


def test_a_misprint_is_marked(published) -> None:
    """59.6 is printed for 22 of 37."""
    cells = row(
        published_layout("1", published, OURS), "Sensitivity, %", "Model A, metastatic malignancy"
    ).cells
    assert cells[1].text.startswith("59.5 (")
    assert cells[3].text.startswith("✗ ")


def test_discordant_pairs_that_give_a_printed_p(published) -> None:
    table = published_layout("1", published, OURS)
    cells = row(table, "p, specificity (McNemar)", "Model A vs Reader consensus, FNH").cells
    assert (cells[0].text, cells[1].text) == ("0.008", "0 : 8")


def test_every_table_has_all_of_its_figures(published) -> None:
    rows = [sum(len(s.rows) for s in published_layout(n, published, OURS).sections) for n in "1234"]
    printed = [published.rates, published.kappas, published.mcnemar, published.areas, published.delong]
    assert sum(rows) == sum(map(len, printed))
