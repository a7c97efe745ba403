"""The study's cases that a model finds most like a patient: nearest by the last hidden layer."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from dls.domain import LesionClass
from dls.errors import InputError
from dls.nn.feature_store import FeatureStore


@dataclass(frozen=True, slots=True)
class KnownCase:
    """A case of the study whose truth is known.

    Parameters
    ----------
    similarity : cosine between its features and the patient's, 1 where they point the same way
    """

    case_id: int
    code: str
    truth: LesionClass
    similarity: float


def nearest_cases(
    features: FeatureStore,
    package_sha256: str,
    hidden: NDArray[np.floating],
    cases: pd.DataFrame,
    *,
    count: int = 5,
    leave_out: Collection[int] = (),
) -> tuple[KnownCase, ...]:
    """Cases by cosine similarity of their features, each the mean over its image groups; the nearest first.

    Parameters
    ----------
    features : of the study's cases
    hidden : (n, d) last hidden layer of the patient's image groups
    cases : index case_id; columns `code` and `lesion_class`
    leave_out : cases that are not to be among them

    Raises
    ------
    InputError
        when no case has features of this model, or they have another width.
    """
    known = [
        c for c in features.cases(package_sha256) if c in cases.index and c not in set(map(int, leave_out))
    ]
    rows, owner, _ = features.gather(package_sha256, known)
    if hidden.ndim != 2 or not len(hidden) or hidden.shape[1] != rows.shape[1]:
        raise InputError(
            "These are not the features of a patient's image groups",
            expected=f"(n, {rows.shape[1]}), n at least 1",
            got=str(hidden.shape),
        )
    starts = np.flatnonzero(np.r_[True, owner[1:] != owner[:-1]])
    counts = np.diff(np.r_[starts, len(owner)])
    means = np.add.reduceat(rows.astype(np.float64), starts) / counts[:, None]
    similarity = _unit(means) @ _unit(hidden.astype(np.float64).mean(axis=0)[None])[0]
    order = np.argsort(-similarity, kind="stable")[:count]
    return tuple(
        KnownCase(
            known[i],
            str(cases.loc[known[i], "code"]),
            LesionClass(int(cases.loc[known[i], "lesion_class"])),
            float(similarity[i]),
        )
        for i in order
    )


def _unit(vectors: NDArray[np.float64]) -> NDArray[np.float64]:
    """Rows of length 1; a row of zeros stays."""
    length = np.linalg.norm(vectors, axis=1, keepdims=True)
    return vectors / np.where(length > 0, length, 1)
