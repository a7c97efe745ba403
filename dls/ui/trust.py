"""Beside a case's scores: calibrated scores, how unusual its images are, and what the models did not see."""

from __future__ import annotations

import numpy as np
import streamlit as st

from dls.analysis.dossier import Dossier, ModelScores
from dls.analysis.labels import short_label
from dls.analysis.printed import DASH, Cell, PrintedTable, Row, Section
from dls.errors import DLSError
from dls.figures.html_table import html_table
from dls.nn.calibration import calibration
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
        score, measured = Cell(DASH), None
        try:
            score = _calibrated(package, scores)
            measured = _novelty(package, case.id)
        except DLSError as error:
            warnings.append(str(error))
        rows.append(Row(scores.system.name, (score, _words(measured))))
        if measured is not None and measured.unusual:
            warnings.append(f"{scores.system.name} has seen few training patients like this one.")
        if scanner_not_seen(package, case.scanner):
            warnings.append(f"{scores.system.name} was not trained on images of {case.scanner}.")
    if not rows:
        return
    for text in warnings:
        st.warning(text)
    printed = PrintedTable(
        name="trust",
        caption="How far to trust the scores",
        columns=(Cell("Calibrated score"), Cell("Unusual images")),
        sections=(Section("", tuple(rows)),),
        notes=(
            "Calibrated: by a temperature fitted on patients that the network had not seen. Unusual: "
            "Mahalanobis distance of the features, and the share of training patients that lie nearer; "
            "beyond 95% is a warning. What a model never saw is on its card on the Models page.",
        ),
    )
    st.html(html_table(printed))


def _calibrated(package: ModelPackage, scores: ModelScores) -> Cell:
    fitted = calibration(package)
    if fitted is None:
        return Cell("not fitted")
    values = with_temperature(np.array([list(scores.scores.values())]), fitted.temperature)[0]
    return Cell(f"{short_label(package.classes[int(values.argmax())])} {values.max():.2f}")


def _novelty(package: ModelPackage, case_id: int) -> Novelty | None:
    features, gaussians = context.features(), load_gaussians(package)
    if gaussians is None or not features.has(package.sha256, case_id):
        return None
    return novelty(gaussians, features.get(package.sha256, case_id))


def _words(found: Novelty | None) -> Cell:
    if found is None:
        return Cell("not measured")
    return Cell("yes" if found.unusual else "no", f"{found.percentile:.0f}% of training nearer")
