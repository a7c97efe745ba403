"""The Models page: packages in use, packages to choose from, their cards, and what is asked of them."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Any

import pandas as pd
import streamlit as st

from dls.analysis.printed import DASH, Cell, PrintedTable, Row, Section
from dls.domain import MODELS
from dls.errors import DLSError
from dls.figures.html_table import html_table
from dls.jobs import package_trials, prediction
from dls.nn.calibration import calibration
from dls.nn.model_card import ModelCard, model_card
from dls.nn.novelty import load_gaussians
from dls.nn.package import MANIFEST, ModelPackage, load_package
from dls.nn.registry import Kept, Registry, copy_package
from dls.nn.supplement import check_supplements
from dls.study import jobs
from dls.study.accounts import Role
from dls.study.package_choice import choose
from dls.study.scored_cases import scored_cases
from dls.ui import context
from dls.ui.session import require


def packages_in_use() -> dict[str, ModelPackage | str]:
    """The study's package of every letter that has one, or why it cannot be used."""
    found: dict[str, ModelPackage | str] = {}
    for letter in MODELS:
        folder = context.home() / "models" / letter
        if (folder / MANIFEST).is_file():
            try:
                found[letter] = _verified(str(folder), _stamp(folder))
            except DLSError as error:
                found[letter] = str(error)
    return found


def show_packages_in_use() -> None:
    """A row a model: its package, where it comes from, how it did, and how many cases it has scored."""
    rows = []
    total = len(context.store().cases())
    for letter, package in packages_in_use().items():
        if isinstance(package, str):
            rows.append({"Model": MODELS[letter].name, "Package": package})
            continue
        card, fitted = model_card(package), calibration(package)
        scored = len(scored_cases(context.store(), letter, package.sha256))
        rows.append(
            {
                "Model": card.name,
                "Package": package.sha256[:12],
                "Trained on": card.training["trained on"],
                "Patients": card.training["patients"],
                "Network": card.training["network"],
                "Accuracy in folds": card.metrics.get("accuracy", card.metrics["cross-validation"]),
                "Temperature": "not fitted" if fitted is None else f"{fitted.temperature:.2f}",
                "Novelty": "not fitted" if load_gaussians(package) is None else "fitted",
                "Cases scored": f"{scored} of {total}",
            }
        )
    if not rows:
        st.info("The study has no models yet. Upload packages below and choose them.")
        return
    st.dataframe(pd.DataFrame(rows).fillna(""), hide_index=True)


def show_actions() -> None:
    """Buttons of the administrator over the models in use."""
    if st.button("Run the models over all cases", icon=":material/play_arrow:"):
        _ask(prediction.KIND, {"letters": []})


def show_upload() -> None:
    """Take a zipped package in; a refusal says why."""
    given = st.file_uploader("Model package (zip)", type="zip", key="package")
    if given is None or not st.button("Verify and keep", icon=":material/verified:"):
        return
    who = require(Role.ADMINISTRATOR)
    context.home().mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=context.home(), suffix=".zip") as file:
        file.write(given.getbuffer())
        file.flush()
        try:
            package = registry().receive(Path(file.name))
        except DLSError as error:
            context.store().record("package.refuse", who.id, {"file": given.name, "why": str(error)})
            st.error(str(error))
            return
    context.store().record(
        "package.receive", who.id, {"letter": package.spec.letter, "sha256": package.sha256}
    )
    _ask(package_trials.KIND, {"sha256": package.sha256})
    st.success(f"{package.spec.name}, package {package.sha256[:12]}, is verified and kept.")


def show_registry(*, may_choose: bool) -> None:
    """Compare the packages of one model, and choose one for the study."""
    kept = [*_kept()]
    for broken in [k for k in kept if k.package is None]:
        st.error(f"{broken.folder.name}: {broken.problem}")
    used = {k: p for k, p in packages_in_use().items() if isinstance(p, ModelPackage)}
    known = {p.sha256: p for p in [*used.values(), *(k.package for k in kept if k.package is not None)]}
    letters = sorted({p.spec.letter for p in known.values()})
    if not letters:
        st.caption("No packages are kept.")
        return
    names = {letter: MODELS[letter].name for letter in letters}
    letter = st.selectbox("Packages of", letters, format_func=names.__getitem__, key="packages of")
    packages = [p for p in known.values() if p.spec.letter == letter]
    st.html(html_table(comparison(packages)))
    sha256 = st.selectbox(
        "Package", [p.sha256 for p in packages], format_func=lambda s: s[:12], key="package of"
    )
    package = known[sha256]
    in_use = letter in used and used[letter].sha256 == sha256
    if may_choose and st.button("Use it in this study", disabled=in_use, icon=":material/check:"):
        _choose(package)
    show_card(model_card(package))


def comparison(packages: list[ModelPackage]) -> PrintedTable:
    """Training and metrics of packages side by side, a column a package."""
    cards = [model_card(p) for p in packages]
    parts = {"Training": [c.training for c in cards], "Metrics": [c.metrics for c in cards]}
    return PrintedTable(
        name="packages",
        caption="",
        columns=tuple(Cell(p.sha256[:12]) for p in packages),
        sections=tuple(Section(heading, _side_by_side(told)) for heading, told in parts.items()),
        notes=(),
    )


def _side_by_side(told: list[dict[str, str]]) -> tuple[Row, ...]:
    labels = dict.fromkeys(label for one in told for label in one)
    return tuple(Row(label, tuple(Cell(one.get(label, DASH)) for one in told)) for label in labels)


def show_card(card: ModelCard) -> None:
    """A model card, and its downloads."""
    with st.expander(f"Model card of {card.name}", icon=":material/id_card:"):
        st.markdown(card.to_markdown())
        stem = f"model-card-{card.name[-1]}-{card.sha256[:12]}"
        st.download_button("Markdown", card.to_markdown(), f"{stem}.md", "text/markdown", key=f"{stem} md")
        text = json.dumps(card.to_dict(), indent=2, ensure_ascii=False)
        st.download_button("JSON", text, f"{stem}.json", "application/json", key=f"{stem} json")


def registry() -> Registry:
    """Packages to choose from."""
    return Registry(context.home() / "registry")


def _choose(package: ModelPackage) -> None:
    """Put the package in use, unless the frozen protocol names another; the former one is kept."""
    who = require(Role.ADMINISTRATOR)
    try:
        former = packages_in_use().get(package.spec.letter)
        if isinstance(former, ModelPackage):
            registry().add(former)
        choose(context.store(), package.spec.letter, package.sha256, by=who.id)
        copy_package(package, context.home() / "models" / package.spec.letter)
    except DLSError as error:
        st.error(str(error))
        return
    _ask(prediction.KIND, {"letters": [package.spec.letter]})
    st.rerun()


def _ask(kind: str, settings: dict[str, Any]) -> None:
    who = require(Role.ADMINISTRATOR, Role.INVESTIGATOR)
    jobs.ask(context.store(), kind, settings, by=who.id)


def _kept() -> tuple[Kept, ...]:
    root = registry().root
    return _kept_now(str(root), tuple(_stamp(p.parent) for p in sorted(root.glob(f"*/{MANIFEST}"))))


@st.cache_data(max_entries=4, show_spinner=False)
def _kept_now(root: str, stamps: tuple[tuple[int, ...], ...]) -> tuple[Kept, ...]:
    return Registry(Path(root)).kept()


@st.cache_data(max_entries=32, show_spinner=False)
def _verified(folder: str, stamp: tuple[int, ...]) -> ModelPackage:
    package = load_package(Path(folder))
    check_supplements(package)
    return package


def _stamp(folder: Path) -> tuple[int, ...]:
    """Changes with the files of a package, so that they are hashed once and not at every run of a page."""
    facts = [f.stat() for f in sorted(folder.iterdir())]
    return tuple(value for f in facts for value in (f.st_ino, f.st_mtime_ns, f.st_size))
