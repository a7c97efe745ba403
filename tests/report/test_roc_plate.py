"""ROC panels for print keep their size, however many names their legend has."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from dls.analysis.accuracy import AccuracyTable, accuracy_table
from dls.analysis.system import CONSENSUS
from dls.domain import Task
from dls.report.drawing import picture
from dls.report.roc_plate import draw_roc, roc_size
from tests.analysis.tiny_study import tiny_study


def repeated(table: AccuracyTable, times: int) -> AccuracyTable:
    """The table with every point so many times, as of so many readers."""
    return replace(table, classes=tuple(replace(c, points=c.points * times) for c in table.classes))


def test_many_names_stand_above_the_panels_and_take_no_room_from_them() -> None:
    few = accuracy_table(tiny_study(), Task.MALIGNANT_THREE_WAY, CONSENSUS)
    many = repeated(few, 8)
    size = roc_size(many)
    assert size[0] == roc_size(few)[0]
    assert size[1] > roc_size(few)[1]
    drawn = picture("roc", "ROC", size, "not frozen", partial(draw_roc, table=many))
    assert b"<svg" in drawn.svg[:400]
