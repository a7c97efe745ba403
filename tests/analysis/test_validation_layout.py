from dls.analysis.validation import GoldenFigure, Validation
from dls.analysis.validation_layout import validation_layout

RIGHT = GoldenFigure("aSAH", "AUC s100b", "pROC 1.18.0", 0.7313685636, 0.7313685637, 1e-9)
EQUAL = GoldenFigure("aSAH", "n", "pROC 1.18.0", 113, 113, 1e-9)
WRONG = GoldenFigure("aSAH", "AUC ndka", "pROC 1.18.0", 0.6, 0.7, 1e-9)
UNCOMPUTED = GoldenFigure("Fleiss", "kappa", "Fleiss 1971", 0.43, None, 1e-9, "no data")


def test_figures_stand_under_their_group_with_difference_and_mark() -> None:
    table = validation_layout(Validation((RIGHT, WRONG, UNCOMPUTED)))
    assert table.caption == "1 of 3 published figures reproduced"
    assert [(s.heading, len(s.rows)) for s in table.sections] == [("aSAH", 2), ("Fleiss", 1)]
    texts = [[c.text for c in r.cells] for s in table.sections for r in s.rows]
    assert texts[0] == ["0.7313685636", "0.7313685637", "1.0e-10", "1e-09", "✓", "pROC 1.18.0"]
    assert texts[1][4] == "✗"
    assert texts[2][1:5] == ["–", "no data", "1e-09", "✗"]


def test_no_difference_is_printed_as_such() -> None:
    ((row,),) = (section.rows for section in validation_layout(Validation((EQUAL,))).sections)
    assert row.cells[2].text == "0"
