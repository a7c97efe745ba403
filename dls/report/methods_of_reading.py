"""The methods paragraphs on images and readings: what is stored of how a study was run, in words."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from dls.analysis.conditions import read_together
from dls.analysis.manuscript import ManuscriptResults
from dls.report.known import made_elsewhere
from dls.study.protocol import Protocol, SessionPlan

NUMBER_OF_WORDS = {1: "one", 2: "two", 3: "three", 4: "four", 5: "five", 6: "six", 7: "seven"}
CONSENSUS_WORDS = {
    "joint": "in a joint discussion",
    "majority": "by majority, or without one in a joint discussion",
    "adjudicator": "by an adjudicator",
}
CONDITION_WORDS = {
    "unaided": "without any opinion of a model",
    "sequential": "first without, then at once with the model's opinion",
    "aided": "with the model's opinion",
    "crossover": "half of the cases with the model's opinion, exchanged in the session paired with it",
}
"""Condition of a session -> what the readers were shown."""


def deidentification(results: ManuscriptResults) -> str:
    """What was taken out of imported headers; nothing where no images were imported."""
    found = results.conduct.deidentified
    if found is None:
        return ""
    return (
        f"The images of {found.cases} cases came as {found.files:,} DICOM files, whose headers were "
        "de-identified before they were stored (PS3.15 Annex E, Basic Profile, by a list of what may stay): "
        f"{found.removed:,} elements were removed and {found.replaced:,} replaced."
    )


def reading(results: ManuscriptResults) -> str:
    """Readers, design, blinding and consensus."""
    count = results.data.reading_count()
    if made_elsewhere(results):
        return (
            "The readings were made elsewhere and imported from a table; how they were made is not known to "
            f"the system. State of the data: {count}."
        )
    plan = results.provenance.plan
    readers = len(results.data.readers)
    people = f"{NUMBER_OF_WORDS.get(readers, str(readers))} reader{'s' * (readers != 1)}"
    if count.signed and count.simulated == count.signed:
        said = [
            f"Simulated readings stand for the answers of {people}: one of the seven classes and a "
            "confidence for malignancy from 0 to 100 for each case."
        ]
    else:
        shown = "with" if plan.clinical_shown else "without"
        ranked = ", ranked the classes" if plan.ranking_asked else ""
        said = [
            f"{people.capitalize()} assigned each case to one of the seven classes{ranked} and gave a "
            f"confidence for malignancy from 0 to 100, {shown} clinical data, in an order randomised for "
            f"every reader and session (seed {plan.seed}).",
            *_people(results),
            *_design(plan),
            *_washouts(results),
            _looks(results),
        ]
    again = "after each had read the case a second time alone, " if plan.consensus_reread else ""
    said.append(
        f"Tables 1–4 use the readings of {_sessions(read_together(plan, 1))} that were made without any "
        "opinion of a model. Unanimous readings are the consensus; otherwise it was reached "
        f"{again}{CONSENSUS_WORDS[plan.consensus_mode]}. State of the data: {count}."
    )
    if count.simulated or count.consensus_simulated:
        said.append("Simulated readings say nothing about human readers.")
    return " ".join(said)


def _people(results: ManuscriptResults) -> Iterator[str]:
    noted = results.conduct.profiles
    if noted:
        told = [f"{name} {profile.years:g} years, {profile.specialty}" for name, profile in noted.items()]
        yield f"Experience and specialty: {'; '.join(told)}."
    silent = [r.name for r in results.data.readers if r.name not in noted]
    if silent:
        yield f"Experience and specialty of {', '.join(silent)} are not noted."


def _design(plan: Protocol) -> Iterator[str]:
    sessions: dict[str, list[int]] = {}
    for s in plan.sessions:
        sessions.setdefault(CONDITION_WORDS[s.condition], []).append(s.number)
    told = [f"{_sessions(numbers)} {words}" for words, numbers in sessions.items()]
    yield f"Design: {'; '.join(told)}."
    if plan.shows_opinion:
        letters = plan.shown_models
        yield f"The opinion shown was that of model{'s' * (len(letters) > 1)} {', '.join(letters)}."
    if plan.training_cases:
        n = len(plan.training_cases)
        yield f"Before session 1 each read {n} training case{'s' * (n > 1)}, which no analysis includes."
    if plan.hidden_repeats:
        n = plan.hidden_repeats
        yield f"In each session each met {n} case{'s' * (n > 1)} twice without being told."


def _sessions(numbers: Collection[int]) -> str:
    return f"session{'s' * (len(numbers) > 1)} {', '.join(map(str, sorted(numbers)))}"


def _washouts(results: ManuscriptResults) -> Iterator[str]:
    waiting: list[SessionPlan] = [
        s for s in results.provenance.plan.sessions if s.number > 1 and s.washout_days
    ]
    if not waiting:
        return
    told = ", ".join(f"session {s.number} {s.washout_days} days" for s in waiting)
    yield f"Washout after a reader's last reading of the session before: {told}."
    early = [f"{name}, session {o.session} (“{o.reason}”)" for name, o in results.conduct.overrides]
    yield f"Opened before it had passed: {'; '.join(early) or 'for nobody'}."


def _looks(results: ManuscriptResults) -> str:
    plan, looks = results.provenance.plan, results.conduct.looks
    if plan.investigator_unblinded:
        rule = "Investigators could see results while readings were made"
    elif plan.interim_looks == "with reason":
        rule = "Until every reading was signed, results were shown only after a reason was given"
    else:
        rule = "Results were closed to investigators until every reading was signed"
    return f"{rule}; looks at interim results before the newest reading, by the audit trail: {looks}."
