"""The methods paragraphs: what was done, from what is stored, with every method's name and source."""

from __future__ import annotations

from collections.abc import Sequence

from dls.analysis.manuscript import ManuscriptResults
from dls.analysis.printed import several_cases
from dls.analysis.undefined import Undefined
from dls.domain import MODELS, Task
from dls.nn.explanation_file import Explanation
from dls.nn.saliency import SaliencyMethod
from dls.report.methods_of_reading import deidentification, reading
from dls.report.methods_of_supplement import supplement_methods
from dls.report.references import References
from dls.stats.agreement import KappaResult
from dls.stats.delong import AucResult
from dls.stats.kappa_comparison import KappaComparison
from dls.stats.mcnemar import McNemarResult
from dls.stats.multiplicity import holm

LEVEL = 0.05
SALIENCY_WORDS = {
    SaliencyMethod.GRADIENT: ("saliency", "the gradient of the loss with respect to the input"),
    SaliencyMethod.SMOOTH_GRAD: ("smoothgrad", "SmoothGrad"),
    SaliencyMethod.INTEGRATED: ("integrated", "integrated gradients"),
    SaliencyMethod.GRAD_CAM: ("gradcam", "Grad-CAM"),
}
"""Method -> its source's key and its words."""


def methods(
    results: ManuscriptResults, references: References, explanations: Sequence[Explanation] = ()
) -> tuple[str, ...]:
    """Paragraphs on models, images, reading, statistics, the analysis plan, feature maps and saliency."""
    written = (
        _models(results, references),
        deidentification(results),
        reading(results),
        _statistics(results, references),
        supplement_methods(results.supplement, references),
        _multiplicity(results, references),
        _plan(results),
        _maps(results, references),
        _saliency(explanations, references),
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
    return (
        f"The classes, tasks and models have the form of Zhen et al. {source}: {'; '.join(by_task)}. A "
        "patient's score for a class is the mean over the patient's image groups, and the class with the "
        f"largest score is the model's call{_operating_points(results)}."
    )


def _operating_points(results: ManuscriptResults) -> str:
    points = [
        f"Model {letter} called a lesion malignant from a score of {threshold:g}"
        for letter, threshold in results.data.operating_points.items()
        if letter in results.data.scores
    ]
    if not points:
        return ""
    frozen = results.provenance.freeze_id
    when = (
        "as the frozen protocol prespecifies"
        if frozen
        else "as the protocol says, which is not frozen: these thresholds are not prespecified"
    )
    return f", except that {' and '.join(points)}, {when}"


def _statistics(results: ManuscriptResults, references: References) -> str:
    cite = references.cite
    rows = [row for table in results.accuracy for row in table.classes]
    said = ["Each class was judged against the rest."]
    if several := results.agreement.with_several_cases:
        said.append(
            f"{several_cases(several)}: tests and intervals take cases as independent, but for bootstrap "
            "intervals, which draw patients with all of their cases."
        )
    if any(isinstance(curve.auc, AucResult) for row in rows for curve in row.curves):
        said.append(f"Areas under the ROC curve have DeLong's 95% confidence interval {cite('delong')}.")
    if any(table.readers_ranked for table in results.accuracy):
        said.append(
            "Curves of readers for a class are drawn of the place that they gave it in their ranking of the "
            "classes; classes that were not ranked share the last place."
        )
    pairs = {f"{p.a.key} with {p.b.key}": None for row in rows for p in row.between_models}
    if pairs:
        said.append(
            f"Models were compared by DeLong's paired test in the cases that both scored: {', '.join(pairs)}."
        )
    if any(row.points for row in rows):
        said.append(
            "Sensitivity, specificity and accuracy have exact 95% intervals of Clopper and Pearson "
            f"{cite('clopper')}."
        )
    if any(row.against_comparator for row in rows):
        said.append(
            "Models were compared with the readers' consensus by McNemar's exact (binomial) test, on "
            "sensitivity and on specificity separately, in the cases that both answered "
            f"{cite('mcnemar')}."
        )
    if any(isinstance(row.kappa, KappaResult) for row in results.agreement.rows):
        said.append(
            f"Agreement with the reference standard is Cohen's kappa {cite('cohen')}, with a two-tailed z "
            f"test by the variance under the null hypothesis {cite('kappa-z')}."
        )
    if any(row.against is not None for row in results.agreement.rows):
        said.append(
            "In Table 4 everybody is compared with the readers' consensus in the cases that both answered: "
            "accuracy by McNemar's exact test, kappa by the difference of correlated coefficients "
            f"{cite('gwet')}."
        )
    if not isinstance(results.agreement.inter_reader.fleiss, Undefined):
        said.append(
            "Agreement between two readers is Cohen's kappa, among all of them Fleiss' kappa "
            f"{cite('fleiss')} in the cases that all read."
        )
    if results.intra_reader:
        said.append(
            "Readers met some cases twice without being told. Agreement with themselves is the share of "
            "equal classes with its exact 95% interval, Cohen's kappa, and the repeatability coefficient of "
            f"the confidence for malignancy {cite('bland-altman')}."
        )
    said.append(
        "The three-way task has only malignant cases; a benign call on one of them is "
        f"{results.accuracy[0].benign_calls}. A missing answer is left out for that system and counted."
    )
    return " ".join(said)


def _multiplicity(results: ManuscriptResults, references: References) -> str:
    """How many tests there are, and how many findings hold when all of their family are reckoned with."""
    of_tables = [table.families() for table in results.accuracy]
    families = {name: [p for table in of_tables for p in table[name]] for name in ("McNemar", "DeLong")}
    against = [row.against for row in results.agreement.rows if row.against is not None]
    exact = [test.accuracy for test in against]
    families["McNemar"] += [test.p_exact for test in exact if isinstance(test, McNemarResult)]
    families["kappa"] = [test.kappa.pvalue for test in against if isinstance(test.kappa, KappaComparison)]
    told = [
        f"of {len(found)} {name} tests {sum(p < LEVEL for p in found)} have p < {LEVEL:g} as printed and "
        f"{int((holm(found) < LEVEL).sum())} after Holm's adjustment over all of them"
        for name, found in families.items()
        if found
    ]
    if not told:
        return ""
    return (
        "The p values in the tables are not adjusted for multiple comparisons. Effect of an adjustment in "
        "Tables 1–4 "
        f"{references.cite('holm')}: {'; '.join(told)}."
    )


def _plan(results: ManuscriptResults) -> str:
    plan = results.provenance.plan.analysis_plan.strip()
    if not plan:
        return "The protocol has no analysis plan: no analysis here is prespecified."
    frozen = results.provenance.freeze_id
    standing = f"frozen with the protocol, id {frozen}" if frozen else "not frozen, hence not prespecified"
    return f"Analysis plan ({standing}): {plan}"


def _maps(results: ManuscriptResults, references: References) -> str:
    if not results.maps:
        return ""
    cite = references.cite
    told = {letter: results.provenance.maps[letter] for letter in (m.letter for m in results.maps)}
    settings = {
        ", ".join(f"{name} {value}" for name, value in sorted(found.items()) if name != "package")
        for found in told.values()
    }
    return (
        "The last hidden layer's features of every image group were mapped to the plane by t-SNE "
        f"{cite('tsne')} in openTSNE {cite('opentsne')}: {'; '.join(sorted(settings))} "
        "(up to 2,000 image groups every pair's force was summed, above that by Barnes–Hut at this theta)."
    )


def _saliency(explanations: Sequence[Explanation], references: References) -> str:
    if not explanations:
        return ""
    told = []
    for explanation in explanations:
        key, words = SALIENCY_WORDS[explanation.method]
        told.append(
            f"{MODELS[explanation.letter].name} by {words} {references.cite(key)} (rank correlation with the "
            f"maps after all kernels were shuffled: {explanation.stages[-1].correlation:.2f})"
        )
    return (
        "Saliency was computed for the true class of each case, scaled to a sum of 1 in every image group "
        f"and averaged by class: {'; '.join(told)}."
    )
