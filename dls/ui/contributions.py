"""What the clinical data of a patient contributed to the answers of the models with a clinical branch."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from streamlit.delta_generator import DeltaGenerator

from dls.clinical import VARIABLES
from dls.figures.contributions import contribution_figure
from dls.nn.clinical_contribution import clinical_contribution
from dls.nn.feature_store import FeatureStore
from dls.nn.package import ModelPackage
from dls.ui.model_registry import packages_in_use


def contribution_charts(called: Mapping[str, str], features: FeatureStore, number: int) -> list[Any]:
    """A figure a model with a clinical branch whose hidden layers are kept, for the class that it called.

    Parameters
    ----------
    called : letter of a model -> the class that it called
    number : of the patient among the features
    """
    used, labels, charts = packages_in_use(), {v.name: v.label for v in VARIABLES}, []
    for letter, target in called.items():
        package = used.get(letter)
        if not isinstance(package, ModelPackage) or not package.clinical_codes:
            continue
        if features.has(package.sha256, number):
            hidden = features.get(package.sha256, number)
            found = clinical_contribution(package, hidden, package.classes.index(target))
            named = {labels[name]: value for name, value in found.by_variable.items()}
            title = f"{package.spec.name}: clinical data for {target}"
            charts.append(contribution_figure(named, found.change, title))
    return charts


def show_charts(places: Iterable[DeltaGenerator], charts: Iterable[Any]) -> None:
    """Draw each figure in a place of its own."""
    for i, (place, chart) in enumerate(zip(places, charts, strict=False)):
        place.plotly_chart(chart, theme=None, config={"displayModeBar": False}, key=f"contributions {i}")
