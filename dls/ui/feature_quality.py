"""Numbers beside the feature map: how well features and map keep the classes apart, and what can be asked."""

from __future__ import annotations

import numpy as np
import pandas as pd
import streamlit as st

from dls.analysis.cluster_quality import ClusterQuality, QualityDifference, cluster_quality, compare_quality
from dls.analysis.printed import signed
from dls.domain import MODELS, LesionClass
from dls.errors import DLSError
from dls.jobs import feature_maps
from dls.study import jobs
from dls.study.accounts import Account
from dls.ui import context, results

COMPARED = (("G", "E"), ("F", "E"), ("A", "B"))
"""Pairs whose difference pictures are to show: clinical data (G and F against E), and contrast phases."""


def show_quality(letter: str, method: str, printed: str) -> None:
    """Purity and silhouette of a model's map and features, over the cases of its task."""
    version = results.version()
    try:
        features = _of_features(version, letter)
        found = {f"{printed} map": _of_map(version, letter, method), "features": features}
        differences = [(pair, _difference(version, *pair)) for pair in COMPARED if letter in pair]
    except DLSError as error:
        st.caption(f"No numbers: {error}")
        return
    rows = [{"In the": name, **_row(q)} for name, q in found.items() if q is not None]
    if rows:
        st.dataframe(pd.DataFrame(rows), hide_index=True)
        st.caption(
            "Purity: share of an image group's 15 nearest groups of other patients that are of its class, "
            "classes weighted alike (95% bootstrap interval over patients); silhouette by distances between "
            "patients."
        )
    if features is None:
        st.caption(
            f"No features of Model {letter} are kept: run the model over the cases on the Models page."
        )
    for (first, second), difference in differences:
        if difference is not None:
            st.markdown(
                f"Purity of the features of Model {first} less that of Model {second}: "
                f"{signed(difference.difference, difference.ci, 2)}"
            )


def show_map_actions(letter: str, method: str, who: Account) -> None:
    """Ask for a new map, or for the place of new cases in the one that is there."""
    left, right = st.columns(2)
    settings = {"letter": letter, "method": method}
    if left.button("Make the map again from the kept features", icon=":material/refresh:"):
        jobs.ask(context.store(), feature_maps.MAP_KIND, settings, by=who.id)
    if right.button("Put new cases into the map", icon=":material/add_location:"):
        jobs.ask(context.store(), feature_maps.PROJECT_KIND, settings, by=who.id)


def _row(quality: ClusterQuality) -> dict[str, str]:
    low, high = quality.purity_ci
    return {
        "Purity": f"{quality.purity:.2f} ({low:.2f}–{high:.2f})",
        "Purity by chance": f"{quality.chance:.2f}",
        "Silhouette": f"{quality.silhouette:.2f}",
        "Cases": str(quality.cases),
    }


@st.cache_data(max_entries=32, show_spinner=False)
def _of_map(version: results.Version, letter: str, method: str) -> ClusterQuality | None:
    points = results.store_of(version).embedding(letter, method)
    if points.empty:
        return None
    return _quality(version, letter, points[["x", "y"]].to_numpy(), points["case_id"].to_numpy())


@st.cache_data(max_entries=32, show_spinner=False)
def _of_features(version: results.Version, letter: str) -> ClusterQuality | None:
    kept = _features(version, letter)
    return None if kept is None else _quality(version, letter, *kept)


@st.cache_data(max_entries=32, show_spinner=False)
def _difference(version: results.Version, first: str, second: str) -> QualityDifference | None:
    kept = [_features(version, letter) for letter in (first, second)]
    if kept[0] is None or kept[1] is None or not np.array_equal(kept[0][1], kept[1][1]):
        return None
    case_id = kept[0][1]
    label, patient = _labels(version, first, case_id), _patients(version, case_id)
    rows = label >= 0
    return compare_quality(
        kept[0][0][rows], kept[1][0][rows], case_id[rows], label[rows], patient=patient[rows]
    )


def _quality(
    version: results.Version, letter: str, points: np.ndarray, case_id: np.ndarray
) -> ClusterQuality:
    label, patient = _labels(version, letter, case_id), _patients(version, case_id)
    rows = label >= 0
    return cluster_quality(points[rows], case_id[rows], label[rows], patient=patient[rows])


def _patients(version: results.Version, case_id: np.ndarray) -> np.ndarray:
    """Whose case each is."""
    return results.store_of(version).cases()["patient"].loc[case_id].to_numpy()


def _labels(version: results.Version, letter: str, case_id: np.ndarray) -> np.ndarray:
    """Index of each case's class in the model's task; -1 where the task does not apply."""
    lesion = results.store_of(version).cases()["lesion_class"]
    task = MODELS[letter].task
    targets = [task.target(LesionClass(c)) for c in lesion.loc[case_id].tolist()]
    return np.array([-1 if target is None else target for target in targets])


def _features(version: results.Version, letter: str) -> tuple[np.ndarray, np.ndarray] | None:
    """Kept features of the package that the study shows, and each row's case."""
    store = results.store_of(version)
    sha256 = store.packages().get(letter)
    kept = context.features()
    known = set(store.cases().index.tolist())
    cases = [c for c in kept.cases(sha256) if c in known] if sha256 else []
    if not cases or sha256 is None:
        return None
    hidden, case_id, _ = kept.gather(sha256, cases)
    return hidden, case_id
