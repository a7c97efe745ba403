"""Which candidate is taken: only one that is likely and clearly ahead of the next, or that a person named."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from collections.abc import Sequence as Listing

from dls.domain import Sequence
from dls.errors import InputError
from dls.imaging.sequence_typing import Candidate
from dls.imaging.stacks import Stack

LIKELY = 0.5
"""A candidate below this confidence is never taken without confirmation."""

AHEAD = 0.1
"""A candidate must lead the next one of its sequence by this much."""


def choose(
    found: Listing[Candidate],
    stacks: Listing[Stack],
    required: Listing[Sequence],
    assignment: Mapping[Sequence, str] | None = None,
) -> dict[Sequence, Stack]:
    """The stack of each sequence.

    Parameters
    ----------
    found : from `candidates`
    stacks : all stacks of the study
    required : sequences that must be there; others are taken where they are certain
    assignment : sequence -> stack or series UID as confirmed by a person; it overrules the candidates

    Raises
    ------
    InputError
        when a required sequence has no candidate, or no certain one; when the assignment names an unknown
        series, or one stack serves two sequences; codes `missing-sequence`, `uncertain-sequence`,
        `unknown-series`, `shared-series`.
    """
    by_uid = {stack.uid: stack for stack in stacks}
    chosen = {sequence: _assigned(sequence, uid, by_uid) for sequence, uid in (assignment or {}).items()}
    taken = {stack.uid for stack in chosen.values()}
    for sequence in Sequence:
        if sequence not in chosen:
            mine = [c for c in found if c.sequence is sequence and c.series_uid not in taken]
            if _certain(mine):
                chosen[sequence] = by_uid[mine[0].series_uid]
            elif sequence in required:
                raise _undecided(sequence, mine, stacks)
    _check_single_use(chosen)
    return {sequence: chosen[sequence] for sequence in Sequence if sequence in chosen}


def _certain(mine: Listing[Candidate]) -> bool:
    """Whether the first candidate is likely and clearly ahead of the second."""
    if not mine or mine[0].confidence < LIKELY:
        return False
    return len(mine) == 1 or mine[0].confidence - mine[1].confidence >= AHEAD - 1e-9


def _assigned(sequence: Sequence, uid: str, by_uid: Mapping[str, Stack]) -> Stack:
    """The stack that a person named, by the UID of the stack or of an undivided series."""
    if uid in by_uid:
        return by_uid[uid]
    parts = [stack for key, stack in by_uid.items() if key.partition("#")[0] == uid]
    if len(parts) == 1:
        return parts[0]
    problem = "a series of several volumes" if parts else "a series that is not there"
    raise InputError(
        f"{sequence} is assigned to {problem}",
        expected="one of " + ", ".join(key for key in by_uid if not parts or key.partition("#")[0] == uid),
        got=uid,
        remedy="assign one of these",
        code="unknown-series",
    )


def _undecided(sequence: Sequence, mine: Listing[Candidate], stacks: Listing[Stack]) -> InputError:
    if not mine:
        return InputError(
            f"The study has no {sequence} sequence",
            expected=f"a series that is recognisably {sequence}",
            got="; ".join(stack.title for stack in stacks),
            remedy=f"add the series, assign one ({sequence.slug}=SERIES_UID), or import without it",
            code="missing-sequence",
        )
    listed = "; ".join(
        f"{c.title} {c.confidence:.2f} [{c.series_uid}]: {', '.join(c.reasons)}" for c in mine[:4]
    )
    return InputError(
        f"It is not certain which series is {sequence}",
        expected=f"one candidate of confidence {LIKELY} or more, {AHEAD} ahead of the next",
        got=listed,
        remedy=f"assign one of them ({sequence.slug}=SERIES_UID)",
        code="uncertain-sequence",
    )


def _check_single_use(chosen: Mapping[Sequence, Stack]) -> None:
    users: dict[str, list[Sequence]] = defaultdict(list)
    for sequence, stack in chosen.items():
        users[stack.uid].append(sequence)
    for uid, sequences in users.items():
        if len(sequences) > 1:
            raise InputError(
                "One series would serve several sequences",
                expected="a series of its own for each sequence",
                got=f"{chosen[sequences[0]].title} [{uid}] as {' and '.join(sequences)}",
                remedy="assign each sequence",
                code="shared-series",
            )
