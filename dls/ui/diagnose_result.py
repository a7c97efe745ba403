"""The result on the Diagnose page: the way from D to F or G, A–C beside it, doubts, saliency, known cases."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape

import streamlit as st

from dls.analysis.labels import short_label
from dls.clinical import VARIABLES
from dls.diagnosis.answers import Answers, features_of
from dls.diagnosis.known_cases import KnownCase, nearest_cases
from dls.diagnosis.opinion import Opinion, Way, missing_clinical, way
from dls.diagnosis.patients import NUMBER, Patient
from dls.domain import MODELS
from dls.errors import DLSError
from dls.figures.html_table import html_table
from dls.nn.package import ModelPackage
from dls.study.accounts import Account
from dls.study.looks import results_visible
from dls.study.protocol import protocol
from dls.ui import context
from dls.ui.contributions import contribution_charts, show_charts
from dls.ui.diagnose_saving import show_saving
from dls.ui.diagnose_steps import Step, go_to
from dls.ui.model_registry import packages_in_use
from dls.ui.patient_facts import clinical_layout
from dls.ui.saliency_choice import choose_overlay
from dls.ui.viewer import image_viewer

BENIGN_COLOUR, MALIGNANT_COLOUR = "#0072B2", "#D55E00"
NEAREST = 5
_STYLE = """<style>
.opinion {border:1px solid #D5DBE1; border-left:6px solid var(--tone); padding:.7rem .9rem; height:100%}
.opinion h3 {font-size:.95rem; margin:0; padding:0; color:#52606D; font-weight:600}
.opinion .called {font-size:1.5rem; font-weight:700; line-height:1.2; color:#1F2933; margin:.1rem 0 .5rem}
.opinion .called small {font-size:1rem; font-weight:600; color:#52606D}
.opinion dl {margin:.6rem 0 0 !important; padding:0 !important; font-size:.85rem; line-height:1.4}
.opinion dt {font-weight:600; color:#52606D; font-size:.78rem}
.opinion dd {margin:0 0 .3rem !important; padding:0}
.step {font-weight:700; margin:0 0 .4rem !important; font-size:1.05rem}
.bars {display:grid; grid-template-columns:auto 1fr 2.6rem; gap:.15rem .5rem; align-items:center;
  font-size:.85rem}
.bars i {display:block; height:.7rem; background:#E4E7EB}
.bars i b {display:block; height:100%}
.bars span:nth-child(3n) {text-align:right; font-variant-numeric:tabular-nums}
.known {display:flex; flex-wrap:wrap; gap:.8rem}
.known a {display:block; width:9.2rem; color:#1F2933; text-decoration:none; border:1px solid #D5DBE1;
  border-top:5px solid var(--tone); font-size:.82rem; line-height:1.3; padding:.3rem}
.known a:hover, .known a:focus-visible {outline:2px solid #0072B2}
.known img {width:100%; aspect-ratio:1; background:#000; display:block; margin-bottom:.25rem}
</style>"""


def show_result(patient: Patient, answers: Answers, who: Account) -> None:
    """Draw everything that the models say of a patient."""
    packages = packages_in_use()
    found = way(patient, answers, packages, protocol(context.store()).operating_points)
    st.html(_STYLE)
    _show_way(found)
    _show_cautions(found)
    st.html("<p class='step'>Beside: seven classes from six sequences (A) and three (B), and Model C</p>")
    _cards(found.beside)
    if found.not_applicable:
        listed = [f"**{MODELS[k].name}**: {why}" for k, why in found.not_applicable.items()]
        st.markdown("Not applicable. " + " · ".join(listed))
    _show_unused(found)
    st.subheader("Where the models look")
    _show_images(patient, found)
    _show_known(patient, found, packages)
    _show_clinical(patient, found)
    st.caption(
        f"Asked {answers.asked_at[:10]} {answers.asked_at[11:16]} UTC, answered in {answers.seconds:.1f} s. "
        "Packages: " + ", ".join(f"{k} {sha[:12]}" for k, sha in sorted(answers.packages.items())) + "."
    )
    _change(patient)
    show_saving(patient, who)


def _show_way(found: Way) -> None:
    if found.triage is None:
        why = found.not_applicable.get("D", "it was not asked")
        st.warning(f"Model D cannot say: {why}.")
        return
    first, second = st.columns([1, 2], gap="medium")
    with first:
        st.html("<p class='step'>1 Benign or malignant?</p>")
        _cards([found.triage])
    with second:
        st.html("<p class='step'>2 Which malignancy?</p>")
        if not found.triage.malignant:
            st.html(
                "<p>Not asked: Model D calls the lesion benign, and only a malignant call goes on to models "
                "F and G. What kind of benign lesion it may be, models A and B say below.</p>"
            )
        elif found.typing:
            _cards(found.typing)
        else:
            st.warning("Model D calls the lesion malignant, but neither F nor G can be asked.")


def _show_cautions(found: Way) -> None:
    if found.cautions:
        st.warning("**Reasons for care**\n\n" + "\n".join(f"- {text}" for text in found.cautions))


def _show_unused(found: Way) -> None:
    """Three-way answers that are off the way: they take malignancy for granted."""
    if not found.unused:
        return
    if found.triage is not None and found.triage.malignant:
        title = "Model E: three-way without clinical data"
    else:
        title = "If it were malignant all the same: models " + ", ".join(o.letter for o in found.unused)
    with st.expander(title):
        st.caption("These models know malignant classes only: they name one of them for any lesion.")
        _cards(found.unused)


def _cards(opinions: Iterable[Opinion]) -> None:
    shown = list(opinions)
    if shown:
        for column, one in zip(st.columns(len(shown), gap="medium"), shown, strict=True):
            column.html(_card(one))


def _card(one: Opinion) -> str:
    spec = MODELS[one.letter]
    inputs = f"{len(spec.sequences)} sequences" + (" and clinical data" if spec.clinical else "")
    tone = MALIGNANT_COLOUR if one.malignant else BENIGN_COLOUR
    bars = "".join(
        f"<span>{escape(short_label(c))}</span><i><b style='width:{100 * s:.1f}%;background:"
        f"{tone if c == one.called else '#9AA5B1'}'></b></i><span>{s:.2f}</span>"
        for c, s in zip(one.classes, one.scores, strict=True)
    )
    facts = "".join(f"<dt>{k}</dt><dd>{escape(v)}</dd>" for k, v in _doubt(one).items())
    return (
        f"<section class='opinion' style='--tone:{tone}'><h3>{one.name} · {inputs}</h3>"
        f"<p class='called'>{escape(one.called)} <small>{one.score:.2f}</small></p>"
        f"<div class='bars'>{bars}</div><dl>{facts}</dl></section>"
    )


def _doubt(one: Opinion) -> dict[str, str]:
    """How far an answer can be trusted, in words."""
    said = {"Within the lesion": one.spread}
    if one.calibrated is None:
        said["Calibrated"] = "not fitted: the score is no probability"
    else:
        said["Calibrated"] = expected_right(one.calibrated)
    if one.novelty is None:
        said["Compared with training patients"] = "not measured"
    elif one.novelty.unusual:
        said["Compared with training patients"] = (
            f"unusual: {one.novelty.percentile:.0f} of 100 were more ordinary"
        )
    else:
        said["Compared with training patients"] = (
            f"ordinary: {one.novelty.percentile:.0f} of 100 were more ordinary"
        )
    return said


def expected_right(calibrated: float) -> str:
    """A calibrated probability from 0 to 1 in words; rounding makes none of them a certainty."""
    sure = calibrated >= 0.995
    score, right = (
        (">0.99", "more than 99") if sure else (f"{calibrated:.2f}", f"about {100 * calibrated:.0f}")
    )
    return f"{score}: in patients like those of the training, expect {right} of 100 such calls to be right"


def _show_images(patient: Patient, found: Way) -> None:
    answered = (*found.typing, found.triage, *found.beside, *found.unused)
    overlay = choose_overlay(
        {one.letter: one.called for one in answered if one is not None},
        key=f"overlay {patient.id}",
        first=found.leading.letter if found.leading else None,
    )
    route = f"diagnosis/{patient.id}"
    image_viewer(
        f"{route}/images", f"{route}/saliency", key=f"viewer {patient.id}", overlay=overlay, height=640
    )


def _show_known(patient: Patient, found: Way, packages: dict[str, ModelPackage | str]) -> None:
    leading = found.leading
    st.subheader("Nearest known cases")
    if leading is None:
        return
    if not results_visible(context.store()):
        st.info("The protocol keeps the truth of the study's cases closed until every reading is signed.")
        return
    package = packages[leading.letter]
    assert isinstance(package, ModelPackage)
    try:
        nearest = nearest_cases(
            context.features(),
            package.sha256,
            features_of(patient).get(package.sha256, NUMBER),
            context.store().cases(),
            count=NEAREST,
            leave_out=() if patient.saved_case is None else (patient.saved_case,),
        )
    except DLSError as error:
        st.info(str(error))
        return
    malignant = sum(k.truth.malignant for k in nearest)
    st.caption(
        f"The study's cases that {leading.name} finds most alike, by its last hidden layer (cosine), with "
        f"their reference standard: {malignant} of {len(nearest)} are malignant. T2 around the lesion; a "
        "click opens the case."
    )
    st.html(f"<div class='known'>{''.join(map(_known, nearest))}</div>")


def _known(case: KnownCase) -> str:
    tone = MALIGNANT_COLOUR if case.truth.malignant else BENIGN_COLOUR
    return (
        f"<a style='--tone:{tone}' href='cases?case={case.case_id}' target='_self'>"
        f"<img src='thumbnails/{case.case_id}/t2' alt='T2 of {escape(case.code)}' loading='lazy'>"
        f"<b>{escape(case.truth.label)}</b><br>{escape(case.code)} · similarity {case.similarity:.3f}</a>"
    )


def _show_clinical(patient: Patient, found: Way) -> None:
    st.subheader("Clinical data")
    charts = contribution_charts(
        {one.letter: one.called for one in found.typing}, features_of(patient), NUMBER
    )
    facts, *places = st.columns(1 + len(charts), gap="medium")
    facts.html(html_table(clinical_layout(patient.clinical or {}, caption="")))
    facts.caption(f"{len(missing_clinical(patient))} of {len(VARIABLES)} values are missing.")
    show_charts(places, charts)


def _change(patient: Patient) -> None:
    outline, clinical, _ = st.columns([1, 1, 2])
    if outline.button("Change the outline", icon=":material/draw:", width="stretch"):
        go_to(Step.OUTLINE)
    if clinical.button("Change the clinical data", icon=":material/edit:", width="stretch"):
        go_to(Step.CLINICAL)
