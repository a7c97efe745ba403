"""The store of a study: its file, and every table of it as a data frame.

What a person does (signing in, reading, deciding) is in `accounts`, `reading` and `consensus`, as functions
of a store; what pages and analyses read is here.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import pandas as pd
from numpy.typing import ArrayLike

from dls.study import audit, cases, consensus_record, embeddings, predictions, signed_readings
from dls.study.cases import Case, NewCase
from dls.study.database import Database


class Store(Database):
    """One study in one SQLite file; safe to share between threads, since it holds no connection."""

    def add_case(self, case: NewCase, by: int | None = None) -> Case:
        """Add one case to the study; see `cases.add`."""
        return self.case(cases.add(self, [case], by)[0])

    def add_cases(self, new: Iterable[NewCase], by: int | None = None) -> list[int]:
        """Add many cases in one transaction and return their ids in order; see `cases.add`."""
        return cases.add(self, new, by)

    def case(self, case_id: int) -> Case:
        """One case; see `cases.get`."""
        return cases.get(self, case_id)

    def cases(self) -> pd.DataFrame:
        """All cases, truth and clinical data; see `cases.frame`."""
        return cases.frame(self)

    def readings(self, *, revisions: bool = False) -> pd.DataFrame:
        """Signed readings; see `signed_readings.frame`."""
        return signed_readings.frame(self, revisions=revisions)

    def consensus(self) -> pd.DataFrame:
        """Consensus of the cases that have one; see `consensus_record.frame`."""
        return consensus_record.frame(self)

    def add_predictions(
        self,
        letter: str,
        package_hash: str,
        case_ids: ArrayLike,
        group: ArrayLike,
        probabilities: ArrayLike,
        *,
        by: int | None = None,
    ) -> None:
        """Store a model's scores of image groups; see `predictions.add`."""
        predictions.add(self, letter, package_hash, case_ids, group, probabilities=probabilities, by=by)

    def packages(self) -> dict[str, str]:
        """Model packages whose scores are shown, letter -> SHA-256; see `predictions.packages`."""
        return predictions.packages(self)

    def group_scores(self, letter: str) -> pd.DataFrame:
        """A model's scores by image group; see `predictions.group_frame`."""
        return predictions.group_frame(self, letter)

    def patient_scores(self, letter: str) -> pd.DataFrame:
        """A model's scores by patient; see `predictions.patient_frame`."""
        return predictions.patient_frame(self, letter)

    def add_embedding(
        self,
        letter: str,
        method: str,
        case_id: ArrayLike,
        group: ArrayLike,
        xy: ArrayLike,
        *,
        settings: Mapping[str, Any],
        by: int | None = None,
    ) -> None:
        """Store a feature map; see `embeddings.add`."""
        embeddings.add(self, letter, method, case_id, group, xy=xy, settings=settings, by=by)

    def embedding(self, letter: str, method: str) -> pd.DataFrame:
        """Newest feature map of a model and method; see `embeddings.frame`."""
        return embeddings.frame(self, letter, method)

    def record(self, action: str, by: int | None, detail: Mapping[str, Any]) -> None:
        """Write something that was done, such as a look at interim results, into the audit trail."""
        audit.record(self, action, by, detail)
