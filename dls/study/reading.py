"""What a reader does, in one place: the worklist, drafts, signing and revisions."""

from __future__ import annotations

from dls.study.assignments import Assignment, Status
from dls.study.entry import LONGEST_COMMENT, Entry, Reading
from dls.study.signing import LONGEST_DRAFT, revise, save_draft, sign, signed_reading
from dls.study.simulated import OutsideReading, add_simulated
from dls.study.worklist import assignment, next_assignment, worklist

__all__ = [
    "LONGEST_COMMENT",
    "LONGEST_DRAFT",
    "Assignment",
    "Entry",
    "OutsideReading",
    "Reading",
    "Status",
    "add_simulated",
    "assignment",
    "next_assignment",
    "revise",
    "save_draft",
    "sign",
    "signed_reading",
    "worklist",
]
