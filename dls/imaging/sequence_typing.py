"""Which stack of a study is which of the six sequences: candidates with a confidence and the reasons for it.

Nothing is decided here; see `sequence_choice`.  Confidence is a rule's strength in [0, 1], not a probability.

Timing of the dynamic phases: late arterial ~15 s, portal venous ~60 s, equilibrium ~3 min after the contrast
agent (Zhen et al., Front Oncol 2020, 10:680, Methods); hepatobiliary and transitional phases of gadoxetate
are none of them (LI-RADS v2018).
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence as Listing
from dataclasses import dataclass, replace
from itertools import pairwise

from dls.domain import Sequence
from dls.imaging.stacks import Stack

FLUID_ATTENUATED_MS = 1000.0
"""Inversion time beyond which fluid, not fat, is suppressed: cysts are dark."""

DYNAMIC = (Sequence.PRE, Sequence.ARTERIAL, Sequence.PORTAL, Sequence.EQUILIBRIUM)

_HALF_DAY = 43_200.0
_PHASE_SECONDS = {
    Sequence.ARTERIAL: (5.0, 45.0),
    Sequence.PORTAL: (45.0, 110.0),
    Sequence.EQUILIBRIUM: (110.0, 420.0),
}
_WORDS = {
    Sequence.PRE: r"\bpre\b|pre[-_ ]?con|unenh|non[-_ ]?con|\bC-|\bc-pre|plain|平扫",
    Sequence.ARTERIAL: r"arter|\bAP\b|\bart\b|\bC\+A\b|动脉",
    Sequence.PORTAL: r"portal|\bPVP?\b|\bVP\b|venous|\bC\+V\b|门脉|静脉",
    Sequence.EQUILIBRIUM: r"equil|delay|\bEP\b|\bDP\b|\blate\b(?! art)|\bC\+Delay|平衡|延迟",
}
_OTHER_PHASE = r"hepato-?biliary|\bHBP\b|transition|肝胆|20 ?min"
_DERIVED = {
    "ADC",
    "TRACEW",
    "MPR",
    "MIP",
    "SUB",
    "SUBTRACTION",
    "PROJECTION IMAGE",
    "EADC",
    "FA",
    "LOCALIZER",
}


@dataclass(frozen=True, slots=True)
class Candidate:
    """One stack as one sequence.

    Parameters
    ----------
    series_uid : `Stack.uid`
    sequence : what it may be
    confidence : [0, 1]
    reasons : what speaks for and against it, in words
    title : series number and description, for people
    """

    series_uid: str
    sequence: Sequence
    confidence: float
    reasons: tuple[str, ...]
    title: str = ""


@dataclass(slots=True)
class _Evidence:
    """Confidence as it is gathered."""

    confidence: float
    reasons: list[str]

    def add(self, amount: float, reason: str) -> None:
        """Raise or lower the confidence for a reason."""
        self.confidence += amount
        self.reasons.append(reason)


def candidates(stacks: Listing[Stack]) -> tuple[Candidate, ...]:
    """Candidates of all sequences, the likeliest of each first; those below 0.2 are left out."""
    found = [c for stack in stacks for c in (_t2(stack), _dwi(stack)) if c is not None]
    found += _dynamic(stacks)
    order = list(Sequence)
    return tuple(
        sorted(
            (c for c in found if c.confidence >= 0.2), key=lambda c: (order.index(c.sequence), -c.confidence)
        )
    )


def _candidate(stack: Stack, sequence: Sequence, evidence: _Evidence) -> Candidate:
    confidence = round(min(max(evidence.confidence, 0.0), 0.99), 3)
    return Candidate(stack.uid, sequence, confidence, tuple(evidence.reasons), stack.title)


def _says(stack: Stack, pattern: str) -> bool:
    """Whether series description, protocol or sequence name match; underscores separate words."""
    text = f"{stack.first.description} {stack.first.sequence_name}".replace("_", " ")
    return re.search(pattern, text, re.IGNORECASE) is not None


def _is_echo_planar(stack: Stack) -> bool:
    return "EP" in stack.first.scanning_sequence or re.match(r"\*?ep", stack.first.sequence_name) is not None


def _common_doubts(stack: Stack, evidence: _Evidence) -> None:
    """What speaks against any sequence: derived images, a plane that is not axial, few slices."""
    derived = _DERIVED & {part.upper() for part in stack.first.image_type[2:]}
    if derived:
        evidence.add(
            -0.6 if derived - {"MPR", "TRACEW"} else -0.05, f"image type {'/'.join(sorted(derived))}"
        )
    if stack.first.orientation is not None:
        row, column = stack.first.orientation[:3], stack.first.orientation[3:]
        if abs(row[0] * column[1] - row[1] * column[0]) < 0.8:
            evidence.add(-0.4, "not axial")
    if len(stack.headers) < 6:
        evidence.add(-0.3, f"only {len(stack.headers)} slices")
    if _says(stack, r"localizer|scout|survey|定位"):
        evidence.add(-0.6, "named a localizer")


def _t2(stack: Stack) -> Candidate | None:
    """Spin echo that is not echo-planar, TE of 60 ms or more."""
    first = stack.first
    if _is_echo_planar(stack) or (first.b_value or 0) > 0:
        return None
    evidence = _Evidence(0.0, [])
    if "SE" in first.scanning_sequence or _says(stack, r"\b\*?(tse|fse|haste|ssfse|se)\b|\*tse|\*h[0-9]"):
        evidence.add(0.25, "spin echo")
    if first.echo_time is not None and first.echo_time >= 60:
        evidence.add(0.4, f"TE {first.echo_time:g} ms")
    elif first.echo_time is not None:
        evidence.add(-0.3, f"TE {first.echo_time:g} ms is short for T2")
    if _says(stack, r"T2"):
        evidence.add(0.25, "named T2")
    if first.echo_time is not None and first.echo_time > 250:
        evidence.add(-0.3, "TE of a cholangiogram")
    if first.inversion_time is not None and first.inversion_time > FLUID_ATTENUATED_MS:
        evidence.add(-0.4, f"TI {first.inversion_time:g} ms: fluid-attenuated")
    _common_doubts(stack, evidence)
    if _says(stack, r"fs|fat ?sat|spair|spir|stir|压脂"):
        evidence.add(0.05, "fat-suppressed")
    return _candidate(stack, Sequence.T2, evidence)


def _dwi(stack: Stack) -> Candidate | None:
    """Echo-planar with a diffusion weighting near 800 s/mm²."""
    if not _is_echo_planar(stack) and not _says(stack, r"dwi|diff|dw\b|弥散|扩散"):
        return None
    evidence = _Evidence(0.3, ["echo-planar" if _is_echo_planar(stack) else "named diffusion"])
    b = stack.first.b_value
    if b is None:
        evidence.add(0.1, "no b-value found")
    elif b < 200:
        evidence.add(-0.2, f"b {b:g} s/mm²")
    else:
        evidence.add(0.55 if abs(b - 800) <= 50 else max(0.1, 0.45 - abs(b - 800) / 2000), f"b {b:g} s/mm²")
    if _says(stack, r"dwi|diff|dw\b|弥散|扩散"):
        evidence.add(0.1, "named diffusion")
    if _says(stack, r"\badc\b"):
        evidence.add(-0.6, "named ADC")
    _common_doubts(stack, evidence)
    return _candidate(stack, Sequence.DWI, evidence)


def _dynamic(stacks: Listing[Stack]) -> list[Candidate]:
    """T1 gradient-echo volumes with the same parameters, told apart by time and text."""
    families: dict[tuple[object, ...], list[Stack]] = defaultdict(list)
    for stack in stacks:
        if _is_t1_gradient_echo(stack):
            h = stack.first
            parameters = tuple(
                None if v is None else round(v, 1) for v in (h.echo_time, h.repetition_time, h.flip_angle)
            )
            families[
                h.acquisition_type, h.orientation and tuple(round(c, 1) for c in h.orientation), *parameters
            ].append(stack)
    largest = max(map(len, families.values()), default=0)
    found = []
    for family in families.values():
        alone = len(family) == 1 < largest
        found += [
            _lowered(c, 0.3, "parameters differ from the dynamic series") if alone else c
            for c in _phases(family)
        ]
    return found


def _lowered(candidate: Candidate, amount: float, reason: str) -> Candidate:
    confidence = round(max(0.0, candidate.confidence - amount), 3)
    return replace(candidate, confidence=confidence, reasons=(*candidate.reasons, reason))


def _is_t1_gradient_echo(stack: Stack) -> bool:
    first = stack.first
    if (
        _is_echo_planar(stack)
        or (first.b_value or 0) > 0
        or _says(stack, r"in[- ]?phase|opp|out[- ]?of?[- ]?phase")
    ):
        return False
    if "GR" in first.scanning_sequence or re.match(r"\*?(fl|tfl|vibe)", first.sequence_name):
        return first.echo_time is None or first.echo_time < 8
    return not first.scanning_sequence and _says(
        stack, r"vibe|lava|thrive|T1|dyn|quick3d|" + "|".join(_WORDS.values())
    )


def _phases(family: Listing[Stack]) -> list[Candidate]:
    """Candidates of one family of equal parameters: by delay after contrast, else order in time, and text."""
    timed = sorted((s for s in family if _time(s) is not None), key=lambda s: _time(s) or 0.0)
    starts = [s.first.contrast_start for s in family if s.first.contrast_start is not None]
    found = []
    for stack in family:
        evidence = {sequence: _Evidence(0.3, ["T1 gradient echo"]) for sequence in DYNAMIC}
        time = _time(stack)
        if starts and time is not None:
            _by_delay(evidence, (time - min(starts) + _HALF_DAY) % (2 * _HALF_DAY) - _HALF_DAY)
        elif len(timed) == len(family) == len(DYNAMIC):
            _by_order(evidence, timed.index(stack), [_time(s) or 0.0 for s in timed])
        _by_text(stack, evidence)
        _by_agent(stack, family, evidence)
        for sequence, gathered in evidence.items():
            _common_doubts(stack, gathered)
            found.append(_candidate(stack, sequence, gathered))
    return found


def _time(stack: Stack) -> float | None:
    """Start in seconds; phases in one series that share it are told apart by trigger time (ms)."""
    start = stack.start
    delays = [h.trigger_time for h in stack.headers if h.trigger_time is not None]
    if start is None:
        return min(delays) / 1000 if delays else None
    return start + (min(delays) / 1000 if delays and "trigger time" in stack.uid else 0.0)


def _by_delay(evidence: dict[Sequence, _Evidence], delay: float) -> None:
    if delay <= 0:
        evidence[Sequence.PRE].add(0.45, f"{-delay:.0f} s before the contrast agent")
        for sequence in DYNAMIC[1:]:
            evidence[sequence].add(-0.3, "before the contrast agent")
        return
    evidence[Sequence.PRE].add(-0.3, f"{delay:.0f} s after the contrast agent")
    for sequence, (low, high) in _PHASE_SECONDS.items():
        if low <= delay < high:
            evidence[sequence].add(0.45, f"{delay:.0f} s after the contrast agent")
        else:
            evidence[sequence].add(-0.2, f"{delay:.0f} s after the contrast agent does not fit")


def _by_order(evidence: dict[Sequence, _Evidence], position: int, times: Listing[float]) -> None:
    """Four volumes in order of time; strong only where the gaps are those of a dynamic series."""
    _, arterial, portal, equilibrium = times
    if min(b - a for a, b in pairwise(times)) <= 0:
        return
    usual = 15 <= portal - arterial <= 90 and 50 <= equilibrium - portal <= 360
    what = "with the gaps of a dynamic series" if usual else "with unusual gaps"
    evidence[DYNAMIC[position]].add(0.25 if usual else 0.1, f"number {position + 1} of 4 in time, {what}")


def _by_text(stack: Stack, evidence: dict[Sequence, _Evidence]) -> None:
    if _says(stack, _OTHER_PHASE):
        for gathered in evidence.values():
            gathered.add(-0.5, "named hepatobiliary or transitional")
        return
    named = [sequence for sequence in DYNAMIC if _says(stack, _WORDS[sequence])]
    for sequence in named:
        evidence[sequence].add(0.35 if len(named) == 1 else 0.1, "named so")
    for sequence in DYNAMIC:
        if named and sequence not in named:
            evidence[sequence].add(-0.3, f"named {' or '.join(named)}")


def _by_agent(stack: Stack, family: Listing[Stack], evidence: dict[Sequence, _Evidence]) -> None:
    """Only one image of the family without a contrast agent is the one before it."""
    bare = [s for s in family if not s.first.contrast_agent]
    if len(bare) == 1 and len(family) > 1:
        if stack is bare[0]:
            evidence[Sequence.PRE].add(0.15, "the only one without contrast agent")
        else:
            evidence[Sequence.PRE].add(-0.15, "with contrast agent")
