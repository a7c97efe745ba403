"""Explaining a model over the study's cases: energy, pointing game, class means, weight randomisation."""

from __future__ import annotations

from dls.domain import LesionClass
from dls.errors import InputError
from dls.jobs.context import JobContext
from dls.jobs.prediction import chosen_packages
from dls.nn.explain import (
    CHECKED_PER_CLASS,
    ExplainedCases,
    ExplainQuestion,
    check_cases,
    explain_cases,
    first_of_each,
)
from dls.nn.explanation_file import joined, save_explanation
from dls.nn.package import ModelPackage
from dls.nn.saliency import SaliencyMethod
from dls.study.jobs import Job

KIND = "explain"
CHUNK = 4
"""Cases a step, as for predictions."""


def explain_model(context: JobContext, job: Job) -> str:
    """Explain the true class of cases; settings: `letter`, `method`, `per_class` (how many; 0: all)."""
    letter, method = str(job.settings["letter"]), SaliencyMethod.parse(str(job.settings["method"]))
    package = chosen_packages(context, [letter])[letter]
    questions = _questions(context, package, int(job.settings.get("per_class", 0)))
    parts: list[ExplainedCases] = []
    for start in range(0, len(questions), CHUNK):
        context.progress(start, len(questions), "cases explained")
        chunk = questions[start : start + CHUNK]
        roots = {context.images(q.case_id).root for q in chunk}
        parts.append(context.run(explain_cases, package.folder, roots.pop(), chunk, method))
    checked = first_of_each(questions, CHECKED_PER_CLASS)
    root = context.images(checked[0].case_id).root
    stages = context.run(check_cases, package.folder, root, checked, method)
    found = joined(letter, package.sha256, method, parts, stages)
    save_explanation(context.home / "explanations", found)
    context.progress(len(questions), len(questions), "cases explained")
    return f"Model {letter}, {method.label}: {len(found.cases)} cases"


def _questions(context: JobContext, package: ModelPackage, per_class: int) -> list[ExplainQuestion]:
    cases = context.store.cases()
    pairs = zip(cases.index.tolist(), cases["lesion_class"].tolist(), strict=True)
    found = [
        ExplainQuestion(case_id, dict(context.store.case(case_id).clinical), lesion)
        for case_id, lesion in pairs
        if package.spec.task.target(LesionClass(lesion)) is not None
    ]
    if not found:
        raise InputError(f"No case of the study is one for {package.spec.name}")
    return first_of_each(found, per_class) if per_class else found
