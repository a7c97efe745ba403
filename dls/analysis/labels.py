"""Names of classes and calls in print, and the marks of right and wrong."""

from __future__ import annotations

from dls.analysis.dataset import BENIGN_CALL
from dls.domain import Task

RIGHT_MARK, WRONG_MARK = "✓", "✗"
BENIGN_LABEL = "benign"
_SHORT = {
    "other benign nodules": "other benign",
    "metastatic malignancy": "metastasis",
    "other primary malignancy": "other primary",
}


def mark(*, right: bool) -> str:
    """Mark of a call that is right, or wrong."""
    return RIGHT_MARK if right else WRONG_MARK


def call_label(task: Task, call: int) -> str:
    """Printed name of a call: a class of the task, or benign outside the three-way task's classes."""
    return BENIGN_LABEL if call == BENIGN_CALL else task.classes[call]


def short_label(label: str) -> str:
    """Name of a class where there is little room, such as an axis or a column."""
    return _SHORT.get(label, label)
