"""What every step of the Diagnose page shows: that it is for research only, and how far the patient is."""

from __future__ import annotations

from enum import StrEnum

import streamlit as st

from dls.diagnosis.patients import Patient

WARNING = "Research use only"
_BANNER = f"""<style>
.research {{background:#FFB000; color:#1F2933; border:3px solid #1F2933; padding:.55rem 1rem; font-size:1rem;
  display:flex; gap:.2rem 1rem; align-items:baseline; flex-wrap:wrap}}
.research strong {{font-size:1.35rem; letter-spacing:.04em; text-transform:uppercase}}
.research-foot {{position:fixed; bottom:0; left:0; right:0; z-index:999991; background:#FFB000; color:#1F2933;
  border-top:2px solid #1F2933; text-align:center; font-weight:700; font-size:.85rem; padding:.2rem;
  letter-spacing:.04em; text-transform:uppercase; pointer-events:none}}
</style>
<div class="research" role="alert"><strong>{WARNING}</strong> <span>Not a medical device. Nothing on this
page may decide how a patient is diagnosed or treated.</span></div>
<div class="research-foot" aria-hidden="true">{WARNING}: not for diagnosis or treatment</div>"""
_STEPS_STYLE = """<style>
.steps {display:flex; gap:.4rem 1.6rem; flex-wrap:wrap; list-style:none; padding:0 !important; margin:0;
  font-size:.95rem}
.steps li {color:#52606D; margin:0 !important; padding:0 0 .2rem 0}
.steps li[aria-current] {color:#1F2933; font-weight:700; border-bottom:3px solid #0072B2}
</style>"""


class Step(StrEnum):
    """Steps from images to result, in order."""

    IMAGES = "Images"
    SEQUENCES = "Sequences"
    OUTLINE = "Outline on T2"
    CLINICAL = "Clinical data"
    RESULT = "Result"

    @property
    def slug(self) -> str:
        """Name in the page's address."""
        return self.name.lower()


def research_use_only() -> None:
    """Say so where nobody can miss it: above the page, and at the foot of the window wherever one scrolls."""
    st.html(_BANNER)


def show_steps(now: Step) -> None:
    """The way to the result, and where the page is on it."""
    items = []
    for number, step in enumerate(Step, start=1):
        mark = "✓" if number <= list(Step).index(now) else str(number)
        items.append(f"<li{' aria-current=step' if step is now else ''}>{mark} {step}</li>")
    st.html(f"{_STEPS_STYLE}<ol class='steps'>{''.join(items)}</ol>")


def step_of(patient: Patient) -> Step:
    """The step that the address names, when the patient is that far; else the first that is not done."""
    reached = _reached(patient)
    wanted = next((s for s in Step if s.slug == st.query_params.get("step")), None)
    steps = list(Step)
    if wanted is None or wanted in {Step.IMAGES, Step.SEQUENCES}:
        return reached
    return min(wanted, reached, key=steps.index)


def go_to(step: Step | None) -> None:
    """Open a step of the patient, or the first that is not done."""
    if step is None:
        st.query_params.pop("step", None)
    else:
        st.query_params["step"] = step.slug
    st.rerun()


def _reached(patient: Patient) -> Step:
    if not patient.outlined:
        return Step.OUTLINE
    if patient.clinical is None:
        return Step.CLINICAL
    return Step.RESULT
