"""The stored two-dimensional map of a model's features, one point an image group.

The map itself is computed once by the `embed` command and stored; nothing is computed here.
"""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from dls.domain import LesionClass
from dls.study.store import Store


@dataclass(frozen=True, slots=True)
class FeatureMap:
    """Map of one model's features.

    Parameters
    ----------
    points : a row an image group: case_id, group, x, y, code, lesion_class (0-6), class (its label)
    """

    letter: str
    method: str
    points: pd.DataFrame

    @property
    def cases(self) -> int:
        """Patients on the map."""
        return int(self.points["case_id"].nunique())


def feature_map(store: Store, letter: str, method: str, cases: pd.DataFrame) -> FeatureMap:
    """The stored map of a model, joined to its cases; empty when none is stored.

    Parameters
    ----------
    cases : index case_id; code and lesion_class
    """
    points = store.embedding(letter, method)
    points = points[points["case_id"].isin(cases.index)].reset_index(drop=True)
    points["code"] = cases.loc[points["case_id"], "code"].to_numpy()
    points["lesion_class"] = cases.loc[points["case_id"], "lesion_class"].to_numpy(int)
    points["class"] = [LesionClass(c).label for c in points["lesion_class"]]
    return FeatureMap(letter, method, points)
