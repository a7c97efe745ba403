"""The cases of a study that a `CaseFilter` stands for, and the filter in words."""

from __future__ import annotations

from math import ceil

import pandas as pd

from dls.analysis.case_filter import (
    ANSWERED,
    ANY_READER,
    BETTER_AIDED,
    CALLED,
    CHANGED,
    CHANGED_AIDED,
    EVERY_MODEL,
    GROUPS,
    MISJUDGED,
    MISJUDGED_FROM,
    MISSING,
    OF_TWO,
    ONE_FALSE_NEGATIVE,
    ONE_RIGHT,
    READ_BOTH_WAYS,
    RIGHT,
    SCORED,
    UNLIKE,
    WORSE_AIDED,
    WRONG_AIDED,
    WRONG_UNAIDED,
    CaseFilter,
    Condition,
)
from dls.analysis.dataset import BENIGN_CALL, BenignCalls, StudyData
from dls.analysis.labels import BENIGN_LABEL, RIGHT_MARK, call_label, short_label
from dls.analysis.system import Kind, System
from dls.domain import MODELS, Task
from dls.errors import InputError

PHRASES = {CALLED: "called", MISJUDGED: "wrong on", CHANGED: "gave two classes, meeting it twice"}
PHRASES |= READ_BOTH_WAYS


def select(data: StudyData, chosen: CaseFilter) -> pd.DataFrame:
    """The cases of a filter, with what everyone called; errors as `selected`.

    Returns
    -------
    DataFrame
        index case_id in the study's order; code, truth (label in the task), then a column a system of the
        task with the label it called, None where it gave no answer.
    """
    kept = selected(data, chosen)
    return _called_by_all(data, chosen.task, data.truth(chosen.task))[kept]


def selected(data: StudyData, chosen: CaseFilter) -> pd.Series:
    """Whether each case that the task applies to is one of a filter's.

    Raises
    ------
    InputError
        when a condition names a system that does not judge the task.
    """
    truth = data.truth(chosen.task)
    kept = pd.Series(True, index=truth.index)
    if chosen.cases:
        kept &= truth.index.isin(chosen.cases)
    if chosen.truth is not None:
        kept &= truth == chosen.task.classes.index(chosen.truth)
    for condition in chosen.where:
        kept &= _met(data, chosen, condition, truth)
    if chosen.readers_differ:
        kept &= readers_differ(data).reindex(truth.index, fill_value=False)
    return kept


def compared(listed: pd.DataFrame) -> pd.DataFrame:
    """The cases of `select` as a list is read: "✓" for a right call, else the short name.

    Returns
    -------
    DataFrame
        index and columns as given; every value a text, "" where there was no answer.
    """
    shown = listed.copy()
    for name in listed.columns.drop("code"):
        called = listed[name]
        short = called.map({label: short_label(label) for label in called.dropna().unique()})
        short = short.astype(object).fillna("")  # a column without any answer has become one of numbers
        shown[name] = short if name == "truth" else short.where(called != listed["truth"], RIGHT_MARK)
    return shown


def readers_differ(data: StudyData) -> pd.Series:
    """Whether the readers gave a case more than one lesion class; index the cases that were read."""
    return data.readings.groupby("case_id")["lesion_class"].nunique() > 1


def _calls_of(task: Task) -> range:
    return range(BENIGN_CALL, len(task.classes))


def _called_by_all(data: StudyData, task: Task, truth: pd.Series) -> pd.DataFrame:
    table = pd.DataFrame({"code": data.cases.loc[truth.index, "code"]})
    names = {c: call_label(task, c) for c in _calls_of(task)}
    table["truth"] = truth.map(names)
    for system in data.systems(task):
        labels = data.calls(system, task).map(names)
        table[system.name] = labels.reindex(truth.index).astype(object).where(lambda s: s.notna(), None)
    return table


def _met(data: StudyData, chosen: CaseFilter, condition: Condition, truth: pd.Series) -> pd.Series:
    """Whether a condition holds for whom it names: one system, any or all of the readers, all models."""
    whose, outcome = condition.system, condition.outcome
    if whose == EVERY_MODEL:
        if outcome != ANSWERED:
            raise InputError("Of every model only this can be asked", expected=ANSWERED, got=repr(outcome))
        return _scored_by_every_model(data).reindex(truth.index)
    if whose not in GROUPS:
        return _holds(data, chosen, condition, truth)
    each = [_holds(data, chosen, Condition(r.key, outcome), truth) for r in data.readers]
    table = pd.DataFrame(each, columns=truth.index, dtype=bool)
    return table.any() if whose == ANY_READER or not each else table.all()


def _scored_by_every_model(data: StudyData) -> pd.Series:
    """Whether every model that applies to a case has scored it; nowhere in a study without models."""
    scored = pd.Series(bool(data.scores), index=data.cases.index)
    for letter, scores in data.scores.items():
        applicable = data.truth(MODELS[letter].task).index
        scored[applicable.difference(scores.index)] = False
    return scored


def _holds(data: StudyData, chosen: CaseFilter, condition: Condition, truth: pd.Series) -> pd.Series:
    task = chosen.task
    outcome, _, label = condition.outcome.partition(":")
    if outcome in {SCORED, MISJUDGED_FROM}:
        return _score_holds(data, task, condition, truth)
    system = _system(data, task, condition.system)
    calls = data.calls(system, task, chosen.benign_calls).reindex(truth.index)
    answered = calls.notna()
    if outcome == UNLIKE:
        others = data.calls(_system(data, task, label), task, chosen.benign_calls).reindex(truth.index)
        return answered & others.notna() & (calls != others)
    if outcome == CHANGED or outcome in READ_BOTH_WAYS:
        return _holds_of_two_readings(data, chosen, system, outcome, truth)
    if outcome in OF_TWO:
        return _holds_for_one(data, chosen, condition, truth, calls)
    if outcome in {CALLED, MISJUDGED}:
        index = _call_index(task, label)
        called = calls == index
        return called if outcome == CALLED else answered & (called != (truth == index))
    plain = {MISSING: ~answered, ANSWERED: answered, RIGHT: answered & (calls == truth)}
    return plain[outcome] if outcome in plain else answered & (calls != truth)


def _holds_of_two_readings(
    data: StudyData, chosen: CaseFilter, system: System, outcome: str, truth: pd.Series
) -> pd.Series:
    """A condition on a reader's two answers, met twice, or without and with the model's opinion."""
    if outcome == CHANGED:
        again = data.repeated_calls(system).reindex(truth.index)
        first = data.lesion_calls(system).reindex(truth.index)
        return first.notna() & again.notna() & (first != again)
    calls = data.paired_calls(system, chosen.task, chosen.benign_calls).reindex(truth.index)
    unaided, aided = calls["unaided"], calls["aided"]
    held = {
        CHANGED_AIDED: unaided != aided,
        BETTER_AIDED: (unaided != truth) & (aided == truth),
        WORSE_AIDED: (unaided == truth) & (aided != truth),
        WRONG_UNAIDED: unaided != truth,
        WRONG_AIDED: aided != truth,
    }
    return unaided.notna() & aided.notna() & held[outcome]


def _holds_for_one(
    data: StudyData, chosen: CaseFilter, condition: Condition, truth: pd.Series, calls: pd.Series
) -> pd.Series:
    """A condition on two systems that holds for just one of them; `calls` are the first one's."""
    task = chosen.task
    outcome, _, rest = condition.outcome.partition(":")
    key, _, label = rest.partition(":")
    others = data.calls(_system(data, task, key), task, chosen.benign_calls).reindex(truth.index)
    both = calls.notna() & others.notna()
    if outcome == ONE_RIGHT:
        return both & ((calls == truth) != (others == truth))
    index = _call_index(task, label)
    of_class = (truth == index) if outcome == ONE_FALSE_NEGATIVE else (truth != index)
    return both & of_class & ((calls == index) != (others == index))


def _score_holds(data: StudyData, task: Task, condition: Condition, truth: pd.Series) -> pd.Series:
    """A condition on the probability that a system gave to a class; a case without one does not meet it."""
    system = _system(data, task, condition.system)
    outcome, _, label = condition.outcome.partition(":")
    if outcome == SCORED:
        low, high, target = _score_range(task, label)
        return data.curve_score(system, target, task).reindex(truth.index).between(low, high)
    threshold, target = _threshold(task, label)
    score = data.curve_score(system, target, task).reindex(truth.index)
    return score.notna() & ((score >= threshold) != (truth == _call_index(task, target)))


def _threshold(task: Task, text: str) -> tuple[float, str]:
    threshold, _, target = text.partition(":")
    _call_index(task, target)
    try:
        return float(threshold), target
    except ValueError as error:
        raise InputError("A threshold cannot be read", expected="<threshold>:<class>", got=text) from error


def _score_range(task: Task, text: str) -> tuple[float, float, str]:
    low, _, rest = text.partition(":")
    high, _, target = rest.partition(":")
    _call_index(task, target)
    try:
        return float(low), float(high), target
    except ValueError as error:
        raise InputError("A range of scores cannot be read", expected="<low>:<high>", got=text) from error


def _call_index(task: Task, label: str) -> int:
    if label in task.classes:
        return task.classes.index(label)
    if label == BENIGN_LABEL and task is Task.MALIGNANT_THREE_WAY:
        return BENIGN_CALL
    raise InputError(
        "Unknown class in the selection of cases", expected=" or ".join(task.classes), got=repr(label)
    )


def _system(data: StudyData, task: Task, key: str) -> System:
    systems = data.systems(task)
    found = next((s for s in systems if s.key == key), None)
    if found is None:
        raise InputError(
            f"No such reader or model in the {task} task",
            expected=" or ".join(s.key for s in systems) or "predictions or readings in the study",
            got=repr(key),
        )
    return found


def threshold_words(system: System, task: Task, threshold: float) -> str:
    """When a class is called at a threshold of `StudyData.curve_score`, in words."""
    if system.kind is not Kind.READER or task is Task.BENIGN_MALIGNANT:
        return f"called from {threshold:.3g} on"
    places = len(task.classes) + 1 - ceil(threshold)
    return "called always" if places > len(task.classes) else f"called when among the first {places} ranked"


def describe(data: StudyData, chosen: CaseFilter) -> str:
    """The filter in words, for the heading of its cases."""
    parts = [f"truth: {chosen.truth}"] if chosen.truth else []
    for condition in chosen.where:
        name = GROUPS.get(condition.system) or _system(data, chosen.task, condition.system).name
        outcome, _, label = condition.outcome.partition(":")
        if outcome == SCORED:
            low, high, target = _score_range(chosen.task, label)
            parts.append(f"{name} gave {target} {low:.2f}–{high:.2f}")
            continue
        if outcome == MISJUDGED_FROM:
            threshold, target = _threshold(chosen.task, label)
            system = _system(data, chosen.task, condition.system)
            parts.append(f"{name} wrong on {target}, {threshold_words(system, chosen.task, threshold)}")
            continue
        if outcome == UNLIKE:
            parts.append(f"{name} and {_system(data, chosen.task, label).name} differ")
            continue
        if outcome in OF_TWO:
            key, _, target = label.partition(":")
            pair = f"{name} and {_system(data, chosen.task, key).name}"
            parts.append(OF_TWO[outcome].format(pair, target))
            continue
        parts.append(f"{name} {PHRASES.get(outcome, outcome)} {label}".strip())
    parts += ["readers differ"] if chosen.readers_differ else []
    parts += ["marked in a figure or counted in a table"] if chosen.cases else []
    if chosen.task is Task.MALIGNANT_THREE_WAY and chosen.benign_calls is not BenignCalls.WRONG:
        parts.append(f"benign calls {chosen.benign_calls}")
    return f"{chosen.task}: " + ("; ".join(parts) or "all cases")
