"""The Explanation page: what each method of saliency found over the study's cases, model by model."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import streamlit as st

from dls.analysis.saliency_numbers import Mean, saliency_numbers
from dls.domain import MODELS
from dls.errors import DLSError
from dls.figures.mean_saliency import mean_saliency_figure
from dls.jobs import explanations
from dls.nn.explanation_file import Explanation, explanation_path, load_explanation
from dls.nn.package import ModelPackage
from dls.nn.saliency import SaliencyMethod
from dls.study import jobs
from dls.study.accounts import Account
from dls.study.patients import of_imports
from dls.ui import context
from dls.ui.model_registry import packages_in_use
from dls.ui.result_widgets import figure


def choose_explained() -> tuple[ModelPackage, SaliencyMethod] | None:
    """Model and method, kept in the address; None when the study has no model."""
    used = {k: p for k, p in packages_in_use().items() if isinstance(p, ModelPackage)}
    if not used:
        st.info("The study has no models yet.")
        return None
    names = {MODELS[letter].name: letter for letter in used}
    methods = {m.label: m for m in SaliencyMethod}
    left, right = st.columns(2)
    name = left.selectbox("Model", list(names), key="model", bind="query-params")
    label = right.selectbox("Method", list(methods), key="method", bind="query-params")
    st.caption(f"{label}: a bright pixel says that {methods[label].meaning}.")
    return used[names[name]], methods[label]


def show_explanation(package: ModelPackage, method: SaliencyMethod, who: Account) -> None:
    """Numbers and class means of a model's saliency; a button asks for them when they are not there."""
    found = _explanation(package, method)
    label = "Explain all cases" if found is None else "Explain all cases again"
    if st.button(label, icon=":material/play_arrow:"):
        settings = {"letter": package.spec.letter, "method": method.value, "per_class": 0}
        jobs.ask(context.store(), explanations.KIND, settings, by=who.id)
    if found is None:
        st.info(f"{package.spec.name} was not explained by {method.label} yet.")
        return
    st.dataframe(_by_sequence(package, found), hide_index=True)
    st.caption(
        f"{len(found.cases)} cases, each explained for its true class; mean (95% bootstrap interval over "
        "cases). An even map would have an energy and a pointing game of the lesion's area."
    )
    drawn = _drawn(_file(package, method), package.classes, package.spec.sequences)
    st.subheader("Mean saliency of each class")
    name = f"saliency-{package.spec.letter}-{method.value}"
    figure(drawn, key=f"mean {name}", name=name)
    st.caption(
        "Over the mean image group, in brackets how many; crops are centred on the lesion and scaled by it."
    )
    st.subheader("Does the map depend on what the model learned?")
    st.dataframe(_stages(found), hide_index=True)
    st.caption(
        "Rank correlation of the maps with those of the same network after its kernels were shuffled from "
        "the top (Adebayo et al. 2018). Near 1 in the last row: the map shows the image, not the model."
    )


def show_overview() -> None:
    """One row for every model and method that was explained."""
    rows, whose = [], _imported()
    for package in packages_in_use().values():
        for method in SaliencyMethod:
            found = _explanation(package, method) if isinstance(package, ModelPackage) else None
            if found is not None and isinstance(package, ModelPackage):
                rows.append(
                    {"Model": package.spec.name, "Method": method.label, **_numbers(found, "all", whose)}
                )
    if rows:
        st.dataframe(pd.DataFrame(rows), hide_index=True)


def _by_sequence(package: ModelPackage, found: Explanation) -> pd.DataFrame:
    slugs = {"all": "all", **{s.slug: str(s) for s in package.spec.sequences}}
    whose = _imported()
    return pd.DataFrame([{"Sequence": name, **_numbers(found, slug, whose)} for slug, name in slugs.items()])


def _imported() -> dict[int, int]:
    """Case -> patient, of the cases whose images were imported."""
    with context.store().read() as connection:
        return of_imports(connection)


def _numbers(found: Explanation, slug: str, whose: dict[int, int]) -> dict[str, str]:
    numbers = saliency_numbers(
        [c.area for c in found.cases],
        [c.energy[slug] for c in found.cases],
        [c.pointing[slug] for c in found.cases],
        patient=[whose.get(c.case_id, c.case_id) for c in found.cases],
    )
    share = sum(c.share.get(slug, 1.0) for c in found.cases) / numbers.cases
    return {
        "Share of the saliency": f"{share:.2f}",
        "Lesion's area": f"{numbers.area:.2f}",
        "Energy in the lesion": _printed(numbers.energy),
        "Energy / area": _printed(numbers.concentration),
        "Pointing game": _printed(numbers.pointing),
        "After randomisation": f"{found.stages[-1].correlation:.2f}",
    }


def _stages(found: Explanation) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "Kernels shuffled": [f"{s.kernels} of {s.of}" for s in found.stages],
            "Rank correlation": [f"{s.correlation:.2f}" for s in found.stages],
        }
    )


def _printed(mean: Mean) -> str:
    return f"{mean.value:.2f} ({mean.ci.low:.2f}–{mean.ci.high:.2f})"


File = tuple[str, str, str, int]
"""Folder, package and method of an explanation, and when its file was written: what is cached by."""


def _file(package: ModelPackage, method: SaliencyMethod) -> File:
    """Raises FileNotFoundError where nothing was explained."""
    root = context.home() / "explanations"
    written = explanation_path(root, package.sha256, method).stat().st_mtime_ns
    return str(root), package.sha256, method.value, written


def _explanation(package: ModelPackage, method: SaliencyMethod) -> Explanation | None:
    try:
        return _loaded(_file(package, method))
    except FileNotFoundError:
        return None
    except DLSError as error:
        st.error(str(error))
        return None


@st.cache_data(max_entries=32, show_spinner=False)
def _loaded(file: File) -> Explanation | None:
    root, sha256, method, _ = file
    return load_explanation(Path(root), sha256, SaliencyMethod(method))


@st.cache_data(max_entries=8, show_spinner=False)
def _drawn(file: File, classes: tuple[str, ...], sequences: tuple[str, ...]) -> Any:
    found = _loaded(file)
    assert found is not None
    return mean_saliency_figure(found.maps, found.images, found.groups.tolist(), classes, sequences)
