"""The second step of the Import page: which series is which sequence, with the reasons, to be confirmed."""

from __future__ import annotations

from collections import Counter
from html import escape

import streamlit as st

from dls.domain import MODELS, Sequence, applicable_models
from dls.imaging.delivery import Delivery
from dls.imaging.sequence_choice import LIKELY
from dls.imaging.sequence_typing import Candidate
from dls.imaging.stacks import Stack
from dls.intake.case_import import Confirmed

NOT_USED = "not used"
_CHOICES = [NOT_USED, *(str(s) for s in Sequence)]


def confirm_series(delivery: Delivery) -> Confirmed | None:
    """Draw every series with its choice; the assignment, or None while it cannot be used."""
    proposed, uncertain = proposal(delivery)
    likely = {c.series_uid for c in delivery.candidates}
    shown = [n for n, stack in enumerate(delivery.stacks) if stack.uid in likely]
    others = [n for n, stack in enumerate(delivery.stacks) if stack.uid not in likely]
    chosen: dict[str, str] = {}
    for number in shown:
        _row(delivery, number, proposed, chosen)
    if others:
        with st.expander(f"{len(others)} other series", expanded=not shown):
            for number in others:
                _row(delivery, number, proposed, chosen)
    assignment = {Sequence(name): uid for uid, name in chosen.items() if name != NOT_USED}
    with st.container():
        usable = _problems(delivery, chosen)
        _show_missing(assignment)
        for sequence in uncertain:
            st.warning(f"It is not certain which series is {sequence}: please look at the choice above.")
    changed = {uid: Sequence(n) for uid, n in chosen.items() if n != NOT_USED} != proposed
    why = ""
    if changed or uncertain:
        why = st.text_input(
            "What did you see that decided it?",
            key=f"why {delivery.id}",
            placeholder="for example: aorta bright, veins dark: late arterial",
            help="Kept with the import.",
        )
    if not usable:
        return None
    ordered = {s: assignment[s] for s in Sequence if s in assignment}
    return Confirmed(ordered, by_person=True, why=why.strip())


def proposal(delivery: Delivery) -> tuple[dict[str, Sequence], tuple[Sequence, ...]]:
    """The stack of each sequence to start from, stack UID -> sequence, and which of these are not certain."""
    proposed = {uid: sequence for sequence, uid in delivery.suggestion.items()}
    uncertain = []
    for candidate in sorted(delivery.candidates, key=lambda c: -c.confidence):
        free = candidate.series_uid not in proposed and candidate.sequence not in proposed.values()
        if free and candidate.confidence >= LIKELY:
            proposed[candidate.series_uid] = candidate.sequence
            uncertain.append(candidate.sequence)
    return proposed, tuple(s for s in Sequence if s in uncertain)


def _row(delivery: Delivery, number: int, proposed: dict[str, Sequence], chosen: dict[str, str]) -> None:
    """One series: its middle slice, what it is, and the choice; the choice goes into `chosen`."""
    stack = delivery.stacks[number]
    mine = sorted((c for c in delivery.candidates if c.series_uid == stack.uid), key=lambda c: -c.confidence)
    with st.container(border=True):
        picture, words, choice = st.columns([2, 6, 3], vertical_alignment="center", gap="medium")
        picture.html(_picture(delivery, number))
        words.markdown(f"**{_title(stack)}**")
        words.caption(_geometry(stack))
        words.html(_candidates(mine))
        if stack.uid in delivery.problems:
            words.error(delivery.problems[stack.uid])
        start = str(proposed.get(stack.uid, NOT_USED))
        chosen[stack.uid] = choice.selectbox(
            f"Sequence of series {stack.first.series_number or number + 1}",
            _CHOICES,
            index=_CHOICES.index(start),
            key=f"sequence {delivery.id} {number}",
        )


def _problems(delivery: Delivery, chosen: dict[str, str]) -> bool:
    """Say what keeps the assignment from being used; True when nothing does."""
    used = {uid: name for uid, name in chosen.items() if name != NOT_USED}
    twice = [name for name, count in Counter(used.values()).items() if count > 1]
    for name in twice:
        st.error(f"{name} is chosen for more than one series: choose one, and set the others to not used.")
    broken = [uid for uid in used if uid in delivery.problems]
    for uid in broken:
        st.error(f"{used[uid]} cannot be used: {delivery.problems[uid]}")
    if not used:
        st.error("No series is chosen: choose at least T2.")
    return bool(used) and not twice and not broken


def _show_missing(assignment: dict[Sequence, str]) -> None:
    """Which sequences are missing and which models are applicable."""
    missing = [str(s) for s in Sequence if s not in assignment]
    applicable = applicable_models(assignment)
    not_applicable = [letter for letter in MODELS if letter not in applicable]
    models = f"Applicable models: **{', '.join(applicable) or 'none'}**."
    if not missing:
        st.success(f"All six sequences are there. {models}")
        return
    text = f"Missing: **{', '.join(missing)}**. {models} Not applicable: {', '.join(not_applicable)}."
    if Sequence.T2 not in assignment:
        text += " Without T2 the lesion cannot be outlined."
    st.warning(text)


def _title(stack: Stack) -> str:
    """Series number and cleaned description for a label."""
    part = stack.uid.partition("#")[2]
    number = "" if stack.first.series_number is None else f"{stack.first.series_number} "
    return f"Series {number}{stack.first.description or 'without description'}" + (
        f" ({part})" if part else ""
    )


def _geometry(stack: Stack) -> str:
    first = stack.first
    spacing = "" if first.pixel_spacing is None else f" of {first.pixel_spacing[0]:.2f} mm"
    facts = [f"{len(stack.headers)} slices", f"{first.rows} × {first.columns} pixels{spacing}"]
    facts += [f"TE {first.echo_time:g} ms"] if first.echo_time is not None else []
    facts += [f"b {first.b_value:g} s/mm²"] if first.b_value is not None else []
    return " · ".join(facts)


def _candidates(mine: list[Candidate]) -> str:
    """Candidates with confidence and reasons, the likeliest first."""
    if not mine:
        return '<p style="margin:0;font-size:.85rem;color:#52606D">Not recognised as one of the six.</p>'
    lines = [
        f"<li><b>{escape(str(c.sequence))}</b> {c.confidence:.2f}: {escape(', '.join(c.reasons))}</li>"
        for c in mine[:3]
    ]
    return f'<ul style="margin:0;padding-left:1.1rem;font-size:.85rem">{"".join(lines)}</ul>'


def _picture(delivery: Delivery, number: int) -> str:
    if not delivery.thumbnail(number).is_file():
        return '<p style="font-size:.85rem;color:#52606D">No picture: the pixels cannot be read.</p>'
    title = escape(_title(delivery.stacks[number]))
    return (
        f'<img src="deliveries/{delivery.id}/{number}" alt="Middle slice of {title}" '
        'style="width:100%;max-width:11rem;max-height:9rem;object-fit:contain;background:#000;display:block">'
    )
