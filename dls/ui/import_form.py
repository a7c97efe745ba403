"""The third step of the Import page: the case that the images become, its truth and its clinical data."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import pandas as pd
import streamlit as st

from dls.clinical import VARIABLES, Categorical, ClinicalRecord, Numeric, convert
from dls.domain import LesionClass
from dls.errors import DLSError, InputError
from dls.imaging.delivery import Delivery, scanner
from dls.intake.case_import import IMAGE_SOURCE
from dls.intake.clinical_table import LESION_MM, case_doubts
from dls.intake.truth import STANDARDS, checked_standard
from dls.study.cases import NewCase
from dls.ui import context
from dls.ui.table_height import whole_height

NEW = "a new case"


@dataclass(frozen=True, slots=True)
class Described:
    """What the form says: a new case, or the number of one that waits for its images; and the lesion."""

    case: NewCase | None
    case_id: int | None
    lesion: int


def describe_case(delivery: Delivery) -> Described | None:
    """Draw the form; None while something is missing or in doubt, which is said."""
    waiting = _waiting()
    which = NEW
    if waiting:
        which = st.selectbox(
            "These are the images of", [NEW, *waiting], key=f"which {delivery.id}", format_func=str
        )
    lesion = int(
        st.number_input(
            "Lesion number",
            1,
            20,
            1,
            key=f"lesion {delivery.id}",
            width=200,
            help="A case is one lesion. For a second one of the same patient, import the images again as 2.",
        )
    )
    if which != NEW:
        return Described(None, waiting[which], lesion)
    try:
        case = _new_case(delivery)
    except DLSError as error:
        st.error(str(error))
        return None
    if case is None:
        return None
    return Described(case, None, lesion) if looked_at(case_doubts(case), f"sure {delivery.id}") else None


def looked_at(questions: Iterable[str], key: str) -> bool:
    """Whether values are right: nothing about them is in question, or somebody looked and says so."""
    asked = list(questions)
    for question in asked:
        st.warning(question)
    return not asked or st.checkbox("I have looked: these values are right", key=key)


def show_coding_table() -> None:
    """Every clinical variable with its unit, its levels and where the cut-offs come from."""
    rows = [(v.label, v.unit or "–", " | ".join((*v.levels, "missing")), v.source) for v in VARIABLES]
    table = pd.DataFrame(rows, columns=["variable", "unit", "levels", "source"])
    st.dataframe(table, hide_index=True, height=whole_height(len(rows)))


def _waiting() -> dict[str, int]:
    """Cases of the study whose images were not imported yet, code -> number."""
    archive, frame = context.archive(), context.store().cases()
    wanted = frame[frame["image_source"] == IMAGE_SOURCE]
    numbered = zip(wanted["code"], wanted.index.tolist(), strict=True)
    return {str(code): case_id for code, case_id in numbered if not archive.has(case_id)}


def _new_case(delivery: Delivery) -> NewCase | None:
    """The case of the fields; None while needed ones are empty or refused, which is said."""
    code, lesion_class, standard, diameter = truth_fields(delivery.id)
    with st.expander("Clinical data: empty is missing, and coded as such", expanded=True):
        values, refused = clinical_fields(delivery.id)
    with st.expander("Coding table"):
        show_coding_table()
    named = {
        "code": code or None,
        "class": lesion_class,
        "reference standard": standard,
        "diameter": diameter,
    }
    absent = [name for name, value in named.items() if value is None]
    if lesion_class is not None and standard is not None:
        checked_standard(lesion_class, standard)
    if refused:
        st.caption(f"To be corrected: {', '.join(refused)}.")
    if absent:
        st.caption(f"Still needed: {', '.join(absent)}.")
    if refused or not code or lesion_class is None or standard is None or diameter is None:
        return None
    return NewCase(
        code,
        lesion_class,
        standard,
        diameter,
        scanner(delivery),
        ClinicalRecord.from_dict(values).to_dict(),
        IMAGE_SOURCE,
        simulated_images=False,
    )


def truth_fields(key: str) -> tuple[str, LesionClass | None, str | None, float | None]:
    """Fields of a case's code, class, reference standard and diameter; None where nothing is entered.

    Parameters
    ----------
    key : what the case is made of; other keys have fields of their own
    """
    first, second, third, fourth = st.columns([2, 3, 3, 2])
    code = first.text_input(
        "Code *",
        key=f"code {key}",
        placeholder="P-017",
        help="Readers never see it. No name and no number of the hospital.",
    )
    lesion = second.selectbox(
        "Class (truth) *",
        list(LesionClass),
        index=None,
        format_func=lambda c: f"{int(c)} {c.label}",
        key=f"class {key}",
        help="Inflammatory lesions are out of scope.",
    )
    standard = third.selectbox(
        "Reference standard *",
        STANDARDS,
        index=None,
        key=f"standard {key}",
        help="Malignant lesions need histopathology.",
    )
    diameter = fourth.number_input(
        "Largest diameter, mm *", *LESION_MM, value=None, step=1.0, format="%g", key=f"diameter {key}"
    )
    return code.strip(), lesion, standard, diameter


def clinical_fields(
    owner: str, known: Mapping[str, object] | None = None
) -> tuple[Mapping[str, object], list[str]]:
    """Values of all variables in the coding table's units, None where nothing was entered; and what is
    refused, each with the reason under its field.

    Parameters
    ----------
    owner : whose data they are; other owners have fields of their own
    known : values that the fields begin with
    """
    known = known or {}
    values: dict[str, object] = {}
    refused = []
    for number, variable in enumerate(VARIABLES):
        if number % 3 == 0:
            columns = st.columns(3, gap="medium")
        key, start = f"{variable.name} {owner}", known.get(variable.name)
        with columns[number % 3]:
            if isinstance(variable, Categorical):
                values[variable.name] = _choice(variable, key, start)
                continue
            values[variable.name] = value = _number(variable, key, start)
            try:
                if value is not None:
                    variable.check(value)
            except InputError as error:
                st.error(str(error))
                refused.append(variable.label)
    return values, refused


def _number(variable: Numeric, key: str, start: object) -> float | None:
    """The value in the coding table's unit, whichever unit it was entered in."""
    others = [unit for unit, _ in variable.other_units]
    place, unit, label = st.container(), variable.unit, f"{variable.label}, {variable.unit}"
    if others:
        place, beside = st.columns([3, 2], vertical_alignment="bottom")
        label = variable.label
        unit = beside.selectbox(
            f"Unit of {variable.label}", [unit, *others], key=f"unit {key}", label_visibility="collapsed"
        )
    first = float(start) if isinstance(start, int | float) else None
    value = place.number_input(label, value=first, format="%g", key=key, placeholder="missing")
    return None if value is None else convert(variable.name, float(value), unit)


def _choice(variable: Categorical, key: str, start: object) -> object:
    options = dict(zip(variable.levels, variable.values, strict=True))
    first = None if start is None else variable.level(start)
    chosen = st.selectbox(variable.label, list(options), index=first, key=key, placeholder="missing")
    return None if chosen is None else options[chosen]
