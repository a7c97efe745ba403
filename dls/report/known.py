"""What the system knows about a study, in words, for the reporting checklists."""

from __future__ import annotations

from collections.abc import Callable

from dls.analysis.manuscript import ManuscriptResults
from dls.analysis.printed import DASH
from dls.domain import LesionClass
from dls.report.flow_plate import left_out
from dls.report.tables import INTER_READER, INTRA_READER, SUBGROUPS, table_number
from dls.study.cases import TABLE

UNKNOWN = "not known to the system"
Fact = Callable[[ManuscriptResults], str]
"""Words for one item; `UNKNOWN` where the system cannot say."""


def unknown(_results: ManuscriptResults) -> str:
    """For items that only the authors can answer."""
    return UNKNOWN


def fixed(text: str) -> Fact:
    """The same words for every study: what the program always does, or where the answer is printed."""
    return lambda _results: text


def packaged(text: str) -> Fact:
    """What every model package says or keeps to; unknown where the scores come from none."""
    return lambda results: text if results.provenance.packages else UNKNOWN


preprocessing = packaged("Named by the specification in each model package")
development = packaged("In the provenance of each model package")


def title(results: ManuscriptResults) -> str:
    """Title of the study, and what it measures."""
    return f"“{results.provenance.title}”; AUC, sensitivity, specificity, accuracy, kappa"


def plan(results: ManuscriptResults) -> str:
    """The prespecified analysis."""
    return results.provenance.plan.analysis_plan.strip() or UNKNOWN


def protocol(results: ManuscriptResults) -> str:
    """Where the protocol is."""
    frozen = results.provenance.freeze_id
    return f"Protocol frozen, id {frozen}" if frozen else "Protocol not frozen"


def packages(results: ManuscriptResults) -> str:
    """The versions of the index tests."""
    listed = ", ".join(f"{letter} {sha256[:12]}" for letter, sha256 in results.provenance.packages.items())
    return f"Model packages (SHA-256): {listed}" if listed else UNKNOWN


def code(results: ManuscriptResults) -> str:
    """Version of the program."""
    return f"Program version {results.provenance.code_version}"


def standard(results: ManuscriptResults) -> str:
    """What the reference standard was, counted."""
    counts = results.data.cases["reference_standard"].value_counts().sort_index()
    return "; ".join(f"{name} in {n} cases" for name, n in counts.items()) or UNKNOWN


def classes(_results: ManuscriptResults) -> str:
    """Categories of the reference standard."""
    benign = ", ".join(c.label for c in LesionClass if c < LesionClass.HCC)
    malignant = ", ".join(c.label for c in LesionClass if c >= LesionClass.HCC)
    return f"Benign: {benign}. Malignant: {malignant}"


def thresholds(results: ManuscriptResults) -> str:
    """Cut-offs of the models, and whether they were fixed before the readings."""
    points = ", ".join(f"Model {k} from {v:g}" for k, v in results.data.operating_points.items())
    fixed_first = (
        "prespecified in the frozen protocol" if results.provenance.freeze_id else "not prespecified"
    )
    return "The class with the largest score" + (f"; malignant: {points} ({fixed_first})" if points else "")


def made_elsewhere(results: ManuscriptResults) -> bool:
    """Whether the readings were imported from a table, so that nobody here knows how they were made."""
    sources = set(results.data.cases["image_source"])
    return bool(sources) and sources == {TABLE}


def blinding(results: ManuscriptResults) -> str:
    """What readers saw."""
    if made_elsewhere(results):
        return UNKNOWN
    shown = "shown" if results.provenance.plan.clinical_shown else "not shown"
    conditions = ", ".join(dict.fromkeys(s.condition for s in results.provenance.plan.sessions))
    return (
        f"Clinical data {shown}; reference standard and peers' readings never before sign-off ({conditions})"
    )


def missing(results: ManuscriptResults) -> str:
    """What became of missing answers."""
    return f"Left out for that system and counted; {results.data.reading_count()}"


def series(results: ManuscriptResults) -> str:
    """Origin of the images, as far as it is known."""
    simulated = results.provenance.simulated_images
    return f"Images of {simulated} of {results.provenance.cases} cases simulated" if simulated else UNKNOWN


def devices(results: ManuscriptResults) -> str:
    """Scanners, and the program that ran the models."""
    return f"{scanners(results)}. {code(results)}"


def sizes(results: ManuscriptResults) -> str:
    """Size of the lesions."""
    return UNKNOWN if made_elsewhere(results) else "Lesion diameter by class, Table S1"


def audit(_results: ManuscriptResults) -> str:
    """Whether outputs can be checked later."""
    return "Scores, readings and decisions are stored; an audit trail chained by hashes holds every write"


def excluded(results: ManuscriptResults) -> str:
    """Cases left out, with the reasons."""
    return f"{left_out(results.provenance).capitalize()}; Figure 1"


def patients(results: ManuscriptResults) -> str:
    """Age, sex and size."""
    cases = results.data.cases
    parts = []
    for column, name, unit in (("age", "Age", "years"), ("lesion_mm", "Lesion diameter", "mm")):
        values = cases[column].dropna() if column in cases else cases.index.to_series().iloc[:0]
        if len(values):
            low, middle, high = values.quantile([0.25, 0.5, 0.75])
            parts.append(f"{name} median {middle:.0f} {unit} (quartiles {low:.0f}{DASH}{high:.0f})")
    if "sex" in cases:
        parts += [f"{sex} {n}" for sex, n in cases["sex"].dropna().value_counts().sort_index().items()]
    return "; ".join([*parts, "Table S1"]) if parts else UNKNOWN


def scanners(results: ManuscriptResults) -> str:
    """Scanners, counted."""
    counts = results.data.cases["scanner"].replace("", None).dropna().value_counts().sort_index()
    return "; ".join(f"{name}: {n}" for name, n in counts.items()) or UNKNOWN


def limits(results: ManuscriptResults) -> str:
    """What the system knows to limit the meaning of the results."""
    count = results.data.reading_count()
    if count.simulated or results.provenance.simulated_images:
        return f"Simulated data: {count.simulated} of {count.signed} readings; {series(results)}"
    return UNKNOWN


def deidentified(results: ManuscriptResults) -> str:
    """What was taken out of the headers of the images, counted."""
    found = results.conduct.deidentified
    if found is None:
        return UNKNOWN
    return (
        f"Images of {found.cases} of {len(results.data.cases)} cases, before they were stored: DICOM PS3.15 "
        f"Annex E, Basic Profile; {found.removed:,} elements removed, {found.replaced:,} replaced in "
        f"{found.files:,} files"
    )


def annotators(results: ManuscriptResults) -> str:
    """Where the agreement between readers, and of each with oneself, is printed."""
    within = table_number(results, INTRA_READER)
    told = f"Between the readers: {table_number(results, INTER_READER)}"
    told += f"; of each with oneself: {within}" if within else ""
    return f"Of those who set the reference standard: not known. {told}"


def fairness(results: ManuscriptResults) -> str:
    """Where errors and subgroups are printed."""
    number = table_number(results, SUBGROUPS)
    fair = f"models' areas for malignancy in subgroups, {number}" if number else "not in this report"
    return f"Errors: confusion matrices. Fairness: {fair}"


def robustness(results: ManuscriptResults) -> str:
    """Where the models are judged in subgroups, scanners among them."""
    number = table_number(results, SUBGROUPS)
    return f"Models' areas for malignancy by scanner and other subgroups, {number}" if number else UNKNOWN
