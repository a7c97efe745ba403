"""The methods paragraphs: what was done, from what is stored, with every method's name and source."""

from __future__ import annotations

from dls.analysis.manuscript import ManuscriptResults
from dls.domain import MODELS, Task
from dls.report.references import References

NUMBER_OF_WORDS = {1: "one", 2: "two", 3: "three", 4: "four", 5: "five", 6: "six", 7: "seven"}
CONSENSUS_WORDS = {
    "joint": "in a joint discussion",
    "majority": "by majority",
    "adjudicator": "by an adjudicator",
}


def methods(results: ManuscriptResults, references: References) -> tuple[str, ...]:
    """Paragraphs on cases and models, on the reading, and on the statistics."""
    written = (
        _models(results, references),
        _reading(results),
        _statistics(results, references),
        _maps(results, references),
    )
    return tuple(text for text in written if text)


def _models(results: ManuscriptResults, references: References) -> str:
    source = references.cite("zhen")
    models = results.data.models
    if not models:
        return f"The classes and tasks are those of Zhen et al. {source}. No model has scored the cases yet."
    by_task = []
    for task in Task:
        own = [MODELS[m.key] for m in models if MODELS[m.key].task is task]
        described = [
            f"{spec.name} ({len(spec.sequences)} sequences{', clinical data' * spec.clinical})"
            for spec in own
        ]
        by_task += [f"{task}: {', '.join(described)}"] if described else []
    points = [
        f"Model {letter} called a lesion malignant from a score of {threshold:g}"
        for letter, threshold in results.data.operating_points.items()
    ]
    return (
        f"The classes, tasks and models have the form of Zhen et al. {source}: {'; '.join(by_task)}. A "
        "patient's score for a class is the mean over the patient's image groups, and the class with the "
        f"largest score is the model's call{'; ' + ', '.join(points) if points else ''}."
    )


def _reading(results: ManuscriptResults) -> str:
    plan, count = results.provenance.plan, results.data.reading_count()
    readers = len(results.data.readers)
    shown = "with" if plan.clinical_shown else "without"
    conditions = ", ".join(f"session {s.number} {s.condition}" for s in plan.sessions)
    text = (
        f"{NUMBER_OF_WORDS.get(readers, str(readers)).capitalize()} reader{'s' * (readers != 1)} assigned "
        f"each case to one of the seven classes and gave a confidence for malignancy from 0 to 100, {shown} "
        "clinical data, in an order randomised for every reader and session "
        f"(seed {plan.seed}; {conditions}). The tables use the first session's readings before any opinion "
        "of a model was shown. Unanimous readings are the consensus; otherwise it was reached "
        f"{CONSENSUS_WORDS[plan.consensus_mode]}. State of the data: {count}."
    )
    simulated = count.simulated or count.consensus_simulated
    return text + (" Simulated readings say nothing about human readers." if simulated else "")


def _statistics(results: ManuscriptResults, references: References) -> str:
    cite = references.cite
    kept = results.accuracy[0].benign_calls
    text = (
        "Each class was judged against the rest. Areas under the ROC curve have DeLong's 95% confidence "
        f"interval; models were compared on the same cases by DeLong's paired test {cite('delong')}. "
        "Sensitivity, specificity and accuracy have exact 95% intervals of Clopper and Pearson "
        f"{cite('clopper')}. Models were compared with the readers' consensus by McNemar's exact (binomial) "
        f"test, on sensitivity and on specificity separately {cite('mcnemar')}. Agreement with the reference "
        "standard is Cohen's kappa, with a two-tailed z test by the variance under the null hypothesis "
        f"{cite('cohen')}; agreement among all readers is Fleiss' kappa {cite('fleiss')}. The three-way task "
        f"has only malignant cases; a benign call on one of them is {kept}. A missing answer is left out for "
        "that system and counted. p values are not corrected for multiple comparisons."
    )
    plan = results.provenance.plan.analysis_plan.strip()
    return text + (f" The analysis plan in the protocol: {plan}" if plan else "")


def _maps(results: ManuscriptResults, references: References) -> str:
    if not results.maps:
        return ""
    cite = references.cite
    told = {letter: results.provenance.maps[letter] for letter in (m.letter for m in results.maps)}
    settings = {
        ", ".join(f"{name} {value}" for name, value in sorted(found.items())) for found in told.values()
    }
    return (
        "The last hidden layer's features of every image group were mapped to the plane by Barnes–Hut t-SNE "
        f"{cite('tsne')} in openTSNE {cite('opentsne')}: {'; '.join(sorted(settings))}."
    )
