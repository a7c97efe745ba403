"""Beside a case's scores: calibrated scores, how unusual its images are, and what the models did not see."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import streamlit as st

from dls.analysis.dossier import Dossier, ModelScores
from dls.clinical import VARIABLES
from dls.errors import DLSError
from dls.figures.contributions import contribution_figure
from dls.nn.calibration import calibration
from dls.nn.clinical_contribution import clinical_contribution
from dls.nn.feature_store import FeatureStore
from dls.nn.model_card import scanner_not_seen
from dls.nn.novelty import Novelty, load_gaussians, novelty
from dls.nn.package import ModelPackage
from dls.nn.temperature import with_temperature
from dls.study.cases import Case
from dls.ui import context
from dls.ui.model_registry import packages_in_use


def show_trust(found: Dossier, case: Case) -> None:
    """A row a model: what it calls, how sure it is when calibrated, and whether the case is unusual."""
    used = packages_in_use()
    rows, warnings = [], []
    for scores in found.scores:
        package = used.get(scores.system.key)
        if not isinstance(package, ModelPackage):
            continue
        row, measured = {"model": scores.system.name}, None
        try:
            row["calibrated score"] = _calibrated(package, scores)
            measured = _novelty(package, case.id)
        except DLSError as error:
            warnings.append(str(error))
        row["unusual images"] = _words(measured)
        rows.append(row)
        if measured is not None and measured.unusual:
            warnings.append(f"{scores.system.name} has seen few training patients like this one.")
        if scanner_not_seen(package, case.scanner):
            warnings.append(f"{scores.system.name} was not trained on images of {case.scanner}.")
    if not rows:
        return
    st.markdown("**How far to trust the scores**")
    for text in warnings:
        st.warning(text)
    st.dataframe(pd.DataFrame(rows), hide_index=True)
    st.caption(
        "Calibrated: by a temperature fitted on patients that the network had not seen. Unusual: "
        "Mahalanobis distance of the features, and the share of training patients that lie nearer; "
        "beyond 95 % is a warning. What a model never saw is on its card on the Models page."
    )


def show_contributions(found: Dossier, case: Case) -> None:
    """What the clinical data contributed to the class that each model with a clinical branch called."""
    used = packages_in_use()
    for scores in found.scores:
        package = used.get(scores.system.key)
        if not isinstance(package, ModelPackage) or not package.clinical_codes:
            continue
        features = FeatureStore(context.home() / "features")
        if features.has(package.sha256, case.id):
            st.plotly_chart(
                _contributions(package, scores, case.id),
                theme=None,
                config={"displayModeBar": False},
                key=f"contributions {package.spec.letter}",
            )


def _contributions(package: ModelPackage, scores: ModelScores, case_id: int) -> Any:
    hidden = FeatureStore(context.home() / "features").get(package.sha256, case_id)
    target = package.classes.index(scores.called)
    found = clinical_contribution(package, hidden, target)
    labels = {v.name: v.label for v in VARIABLES}
    named = {labels[name]: value for name, value in found.by_variable.items()}
    return contribution_figure(named, found.change, f"{package.spec.name}: clinical data for {found.target}")


def _calibrated(package: ModelPackage, scores: ModelScores) -> str:
    fitted = calibration(package)
    if fitted is None:
        return "not fitted"
    values = with_temperature(np.array([list(scores.scores.values())]), fitted.temperature)[0]
    return f"{package.classes[int(values.argmax())]} {values.max():.2f}"


def _novelty(package: ModelPackage, case_id: int) -> Novelty | None:
    features = FeatureStore(context.home() / "features")
    gaussians = load_gaussians(package)
    if gaussians is None or not features.has(package.sha256, case_id):
        return None
    return novelty(gaussians, features.get(package.sha256, case_id))


def _words(found: Novelty | None) -> str:
    if found is None:
        return "not measured"
    said = f"{found.percentile:.0f} % of training patients are nearer"
    return f"yes: {said}" if found.unusual else f"no: {said}"
