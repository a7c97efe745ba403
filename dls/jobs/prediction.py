"""Running the study's models over its cases: what is missing, a few cases at a time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

import numpy as np

from dls.errors import InputError
from dls.jobs.context import JobContext
from dls.nn.case_inference import CaseAnswers, CaseQuestion, infer_cases
from dls.nn.package import ModelPackage
from dls.study.jobs import Job
from dls.study.scored_cases import scored_cases

KIND = "predict"
CHUNK = 8
"""Cases a step: what is lost at most when the program is killed, and what others wait for the networks."""


def predict_cases(context: JobContext, job: Job) -> str:
    """Score every case of the study with every model that has not scored it, and keep the features.

    Settings: `letters`, the models, all of the study's when absent or empty; `cases`, likewise.  Cases that a
    model has scored are left as they are, so that a job that is taken up again goes on where it ended.
    """
    packages = chosen_packages(context, job.settings.get("letters") or ())
    cases = [int(i) for i in job.settings.get("cases") or context.store.cases().index]
    scored = {k: scored_cases(context.store, k, p.sha256) for k, p in packages.items()}
    missing = {
        case: [
            k
            for k, p in packages.items()
            if case not in scored[k] or not context.features.has(p.sha256, case)
        ]
        for case in cases
    }
    todo = [case for case in cases if missing[case]]
    refused: Counter[str] = Counter()
    for start in range(0, len(todo), CHUNK):
        chunk = todo[start : start + CHUNK]
        context.progress(start, len(todo), "cases")
        letters = sorted({letter for case in chunk for letter in missing[case]})
        for answers in _ask(context, {k: packages[k] for k in letters}, chunk):
            refused.update(f"{letter}: {why}" for letter, why in answers.not_applicable.items())
            for letter, probabilities in answers.probabilities.items():
                if answers.case_id not in scored[letter]:
                    n = len(probabilities)
                    context.store.add_predictions(
                        letter,
                        packages[letter].sha256,
                        np.full(n, answers.case_id),
                        np.arange(n),
                        probabilities,
                    )
    context.progress(len(todo), len(todo), "cases")
    said = [f"{len(todo)} cases, models {', '.join(packages)}"]
    said += [f"not applicable: {why} ({n} cases)" for why, n in refused.most_common()]
    return "; ".join(said)


def chosen_packages(context: JobContext, letters: tuple[str, ...] | list[str]) -> Mapping[str, ModelPackage]:
    """The study's packages, or those of some letters.

    Raises
    ------
    InputError
        when the study has none, or not the ones that are asked for.
    """
    known = context.packages()
    absent = [letter for letter in letters if letter not in known]
    if absent or not known:
        raise InputError(
            "The study has no such model",
            expected=", ".join(letters) or "at least one model",
            got=", ".join(known) or "none",
            remedy="choose a package on the Models page",
        )
    return {letter: known[letter] for letter in letters or known}


def _ask(context: JobContext, packages: Mapping[str, ModelPackage], cases: list[int]) -> list[CaseAnswers]:
    roots = {context.images(case).root for case in cases}
    questions = [CaseQuestion(case, dict(context.store.case(case).clinical)) for case in cases]
    folders = {letter: package.folder for letter, package in packages.items()}
    return context.run(infer_cases, folders, roots.pop(), context.features.root, questions)
