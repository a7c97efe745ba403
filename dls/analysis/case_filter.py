"""A selection of cases as it travels: the ones behind a mark in a figure, or where systems disagree.

A `CaseFilter` is what a matrix cell, an operating point or a table's count stands for.  It is query
parameters, so that a selection can be linked to and shared::

    ?task=seven-way&truth=HCC&where=A:wrong&where=consensus:right
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from dls.analysis.dataset import BenignCalls
from dls.analysis.system import System
from dls.domain import Task
from dls.errors import InputError

RIGHT, WRONG, MISSING = "right", "wrong", "missing"
ANSWERED, UNLIKE, CHANGED = "answered", "unlike", "changed"
CALLED, MISJUDGED, MISJUDGED_FROM, SCORED = "called", "misjudged", "misjudged-from", "scored"
ONE_RIGHT = "one-right"
ONE_FALSE_NEGATIVE, ONE_FALSE_POSITIVE = "one-false-negative", "one-false-positive"
OF_TWO = {
    ONE_RIGHT: "only one of {} is right",
    ONE_FALSE_NEGATIVE: "only one of {} missed {}",
    ONE_FALSE_POSITIVE: "only one of {} called {}, wrongly",
}
"""What holds for just one of two systems that have both answered, in words."""
CHANGED_AIDED, BETTER_AIDED, WORSE_AIDED = "changed-with-model", "better-with-model", "worse-with-model"
WRONG_UNAIDED, WRONG_AIDED = "wrong-without-model", "wrong-with-model"
READ_BOTH_WAYS = {
    CHANGED_AIDED: "answered otherwise with the model",
    BETTER_AIDED: "right only with the model",
    WORSE_AIDED: "right only without the model",
    WRONG_UNAIDED: "wrong without the model, and read it with",
    WRONG_AIDED: "wrong with the model, and read it without",
}
"""What holds of a reader who has read a case without and with the model's opinion, in words."""
OF_ONE = (RIGHT, WRONG, MISSING, ANSWERED, UNLIKE, CHANGED, CALLED, MISJUDGED, MISJUDGED_FROM, SCORED)
OUTCOMES = (*OF_ONE, *OF_TWO, *READ_BOTH_WAYS)
ANY_READER, EVERY_READER, EVERY_MODEL = "any-reader", "every-reader", "every-model"
"""Stand for a system in a condition that holds when it holds for any of the readers, or for all of them, or
when every model that applies to the case has answered."""
GROUPS = {ANY_READER: "any reader", EVERY_READER: "every reader", EVERY_MODEL: "every model"}
QueryParameters = dict[str, str | list[str]]
PARAMETERS = ("task", "truth", "where", "readers", "cases", "benign-calls")
"""Names of the query parameters that a selection of cases takes."""


@dataclass(frozen=True, slots=True)
class Condition:
    """What one system made of a case.

    Parameters
    ----------
    system : its key, such as "A", "reader-3" or "consensus", or one of `GROUPS`
    outcome : "right", "wrong", "missing", "answered", "unlike:<system>" (both answered, not the same),
        "changed" (a reader who met the case twice gave it two classes), "called:<class>", "misjudged:<class>"
        (a false positive or a false negative for that class against the rest),
        "misjudged-from:<threshold>:<class>" (the same if the class were called from that probability on),
        "scored:<low>:<high>:<class>" (the probability of that class lies between two numbers, both
        included), of a reader who read the case without and with the model's opinion "changed-with-model"
        (the two answers differ), "better-with-model", "worse-with-model" (only the one with it is right, or
        only the other), "wrong-without-model" or "wrong-with-model"; or, of two systems that both answered,
        "one-right:<system>" (the other one is wrong), "one-false-negative:<system>:<class>" or
        "one-false-positive:<system>:<class>" (it is one's alone)
    """

    system: str
    outcome: str

    def __str__(self) -> str:
        return f"{self.system}:{self.outcome}"

    @classmethod
    def parse(cls, text: str) -> Condition:
        """Condition from its form in a URL.

        Raises
        ------
        InputError
            when the text is not "<system>:<outcome>" with a known outcome.
        """
        system, _, outcome = text.partition(":")
        if not system or outcome.partition(":")[0] not in OUTCOMES:
            raise InputError(
                "A condition on the cases cannot be read",
                expected="<system>:right, :wrong, :missing, :answered, :unlike:<system>, :changed, "
                ":called:<class>, :misjudged:<class>, :misjudged-from:<threshold>:<class>, "
                ":scored:<low>:<high>:<class>, "
                f"{', '.join(f':{outcome}' for outcome in READ_BOTH_WAYS)}, "
                ":one-right:<system>, :one-false-negative:<system>:<class> or "
                ":one-false-positive:<system>:<class>",
                got=repr(text),
            )
        return cls(system, outcome)


@dataclass(frozen=True, slots=True)
class CaseFilter:
    """Which cases to show; the parts that are set all have to hold.

    Parameters
    ----------
    task : the task in which calls are right or wrong
    truth : true class in that task
    where : conditions on what systems called
    readers_differ : only the cases that got more than one class from the readers
    cases : only these case ids; empty means all
    benign_calls : what a benign call on a malignant case is worth, where the task is the three-way one
    """

    task: Task = Task.SEVEN_WAY
    truth: str | None = None
    where: tuple[Condition, ...] = ()
    readers_differ: bool = False
    cases: tuple[int, ...] = field(default=())
    benign_calls: BenignCalls = BenignCalls.WRONG

    def to_query(self) -> QueryParameters:
        """The filter as query parameters; parts that are not set are not there."""
        query: QueryParameters = {"task": self.task.value}
        if self.truth is not None:
            query["truth"] = self.truth
        if self.where:
            query["where"] = [str(c) for c in self.where]
        if self.readers_differ:
            query["readers"] = "differ"
        if self.cases:
            query["cases"] = ",".join(map(str, self.cases))
        if self.benign_calls is not BenignCalls.WRONG:
            query["benign-calls"] = self.benign_calls.value
        return query

    @classmethod
    def from_query(cls, query: Mapping[str, Sequence[str]]) -> CaseFilter:
        """The filter of query parameters, each a list of values.

        Raises
        ------
        InputError
            for a task, class, condition, case number or rule that cannot be.
        """
        try:
            task = Task(_first(query, "task") or Task.SEVEN_WAY)
            benign_calls = BenignCalls(_first(query, "benign-calls") or BenignCalls.WRONG)
            cases = tuple(int(c) for c in (_first(query, "cases") or "").split(",") if c)
        except ValueError as error:
            raise InputError("The selection of cases cannot be read", got=str(error)) from error
        truth = _first(query, "truth")
        if truth is not None and truth not in task.classes:
            raise InputError(
                "Unknown class in the selection of cases", expected=" or ".join(task.classes), got=truth
            )
        return cls(
            task=task,
            truth=truth,
            where=tuple(Condition.parse(c) for c in query.get("where", ())),
            readers_differ=_first(query, "readers") == "differ",
            cases=cases,
            benign_calls=benign_calls,
        )


def _first(query: Mapping[str, Sequence[str]], name: str) -> str | None:
    values = query.get(name, ())
    return values[0] if values else None


def scored(system: System, target: str, low: float, high: float) -> Condition:
    """The cases to which a system gave a probability of a class from `low` to `high`."""
    return Condition(system.key, f"{SCORED}:{float(low)!r}:{float(high)!r}:{target}")


def misjudged_from(system: System, target: str, threshold: float | str) -> Condition:
    """False positives and false negatives of a system that calls a class from a probability on."""
    return Condition(system.key, f"{MISJUDGED_FROM}:{threshold}:{target}")


def unlike(a: System, b: System) -> Condition:
    """The cases that two systems answered differently."""
    return Condition(a.key, f"{UNLIKE}:{b.key}")


def changed(reader: System) -> Condition:
    """The cases to which a reader, meeting them twice, gave two classes."""
    return Condition(reader.key, CHANGED)


def read_both_ways(reader: System, outcome: str) -> Condition:
    """Cases that a reader read without and with the model's opinion, to an outcome of `READ_BOTH_WAYS`."""
    return Condition(reader.key, outcome)


def one_right(a: System, b: System) -> Condition:
    """The cases that only one of two systems had right: the discordant pairs of their accuracies."""
    return Condition(a.key, f"{ONE_RIGHT}:{b.key}")


def one_wrong(a: System, b: System, target: str, rate: str) -> Condition:
    """Discordant pairs of two sensitivities (false negatives of one) or specificities (false positives)."""
    outcome = ONE_FALSE_NEGATIVE if rate == "sensitivity" else ONE_FALSE_POSITIVE
    return Condition(a.key, f"{outcome}:{b.key}:{target}")
