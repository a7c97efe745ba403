"""Reporting checklists with what the system knows filled in; the items are named in short words.

Sources
-------
Sounderajah V, et al. Nat Med 2025;31:3283-3289 (STARD-AI): items 1-40 by their own numbers; it contains
STARD 2015 (Bossuyt PM, et al. BMJ 2015;351:h5527) under other numbers.
Tejani AS, et al. Radiol Artif Intell 2024;6(4):e240300 (CLAIM, 2024 update): items 1-44 by their own numbers,
which are not those of 2020.
"""

from __future__ import annotations

from collections.abc import Mapping

from dls.analysis.manuscript import ManuscriptResults
from dls.analysis.printed import Cell, PrintedTable, Row, Section
from dls.report import known
from dls.report.known import Fact, fixed, packaged, unknown

Item = tuple[str, str, Fact]

EXPLAINABILITY = "31"
"""CLAIM's item on explanations."""
TABLES = fixed("Tables 1–4, with 95% confidence intervals")
MATRICES = fixed("Confusion matrices, in the figures")
FLOW = fixed("Figure 1")
METHODS = fixed("Methods of this report")
DISJOINT = packaged("Patients, in the folds of the training; that the study's are others is not checked")

STARD_AI: tuple[Item, ...] = (
    ("1", "Named as a study of an AI test's accuracy, with a measure of it", known.title),
    ("2", "Structured abstract", unknown),
    ("3", "Background, intended use, place in the workflow", fixed("Research use only")),
    ("4", "Objectives and hypotheses", known.plan),
    ("5", "Prospective or retrospective", unknown),
    ("6", "Approval by an ethics committee", unknown),
    ("7", "Eligibility of participants and of data, in order of use", known.excluded),
    ("8", "How eligible patients were identified", unknown),
    ("9", "Setting, places and dates", unknown),
    ("10", "Consecutive, random or convenience series", unknown),
    ("11", "Source of the data, and why they were collected", known.series),
    ("12", "Who annotated the data, and how", unknown),
    ("13", "Devices that captured the data, software of the index test", known.devices),
    ("14", "Acquisition and preprocessing", known.preprocessing),
    ("15a", "Index test", known.packages),
    ("15b", "Development of the index test, with sample sizes", known.development),
    ("15c", "Cut-offs of the index test, prespecified or not", known.thresholds),
    ("15d", "Intended user, and the expertise needed", unknown),
    ("16a", "Reference standard", known.standard),
    ("16b", "Why this reference standard", unknown),
    ("16c", "Categories of the reference standard", known.classes),
    ("17a", "What the readers of the index test knew", known.blinding),
    ("17b", "What those who set the reference standard knew", unknown),
    ("18", "Methods of estimating and comparing accuracy", METHODS),
    ("19", "Indeterminate results", fixed("None: every answer is one of the classes")),
    ("20", "Missing data", known.missing),
    ("21", "Analyses of variability, prespecified or not", known.plan),
    ("22", "Sample size and how it was determined", unknown),
    ("23", "Analysis of errors, of bias and fairness", known.fairness),
    ("24", "Flow of participants", FLOW),
    ("25", "Characteristics of participants and data in every set", known.patients),
    ("26a", "Severity among those with the condition", known.sizes),
    ("26b", "Other diagnoses among those without it", fixed("Table S1")),
    ("27", "Time between index test and reference standard", unknown),
    ("28", "Whether the data represent the intended population", unknown),
    ("29", "How external data differ from those of development", unknown),
    ("30", "Cross tabulation of index test and reference standard", MATRICES),
    ("31", "Estimates of accuracy and their precision", TABLES),
    ("32", "Adverse events", unknown),
    ("33", "Limitations", known.limits),
    ("34", "Implications for practice", fixed("Research use only")),
    ("35", "Ethics and fairness of the test's use", unknown),
    ("36", "Registration", unknown),
    ("37", "Where the protocol can be read", known.protocol),
    ("38", "Funding", unknown),
    ("39", "Commercial interests", unknown),
    ("40a", "Availability of data and code", unknown),
    ("40b", "Whether outputs are stored and can be audited", known.audit),
)

CLAIM: tuple[Item, ...] = (
    ("1", "Named as a study of AI, with the technology", known.title),
    ("2", "Summary of design, methods, results and conclusions", unknown),
    ("3", "Background, intended use and role", fixed("Research use only")),
    ("4", "Aims, objectives and hypotheses", known.plan),
    ("5", "Prospective or retrospective", unknown),
    ("6", "Goal of the study", unknown),
    ("7", "Sources of the data", known.series),
    ("8", "Inclusion and exclusion", known.excluded),
    ("9", "Preprocessing", known.preprocessing),
    ("10", "Selection of subsets of the data, such as crops of images", known.preprocessing),
    ("11", "De-identification", known.deidentified),
    ("12", "Missing data", known.missing),
    ("13", "Image acquisition", known.scanners),
    ("14", "Definition of the reference standard", known.standard),
    ("15", "Why this reference standard", unknown),
    ("16", "Source of the annotations, and who made them", unknown),
    ("17", "Annotation of the test set", unknown),
    ("18", "Variability within and between annotators", known.annotators),
    ("19", "Assignment to partitions", known.development),
    ("20", "Level at which partitions are disjoint", DISJOINT),
    ("21", "Sample size of the test set", unknown),
    ("22", "Model, with inputs and outputs", METHODS),
    ("23", "Software", known.code),
    ("24", "Initialisation of the parameters", known.development),
    ("25", "Training", known.development),
    ("26", "Choice of the final model", packaged("In the metrics of each model package")),
    ("27", "Ensembles", packaged("None; a patient's score is the mean over image groups")),
    ("28", "Measures of performance", known.title),
    ("29", "Statistical significance and uncertainty", METHODS),
    ("30", "Robustness and sensitivity", known.robustness),
    (EXPLAINABILITY, "Explainability", unknown),
    ("32", "Evaluation on internal data", unknown),
    ("33", "Testing on external data", unknown),
    ("34", "Registration of a clinical trial", unknown),
    ("35", "Patients or examinations included and excluded", FLOW),
    ("36", "Characteristics of the cases in every set", known.patients),
    ("37", "Performance and its uncertainty", TABLES),
    ("38", "Diagnostic performance and its precision", TABLES),
    ("39", "Failure analysis", MATRICES),
    ("40", "Limitations", known.limits),
    ("41", "Implications for practice", fixed("Research use only")),
    ("42", "Where the protocol can be read", known.protocol),
    ("43", "Availability of software, models and data", unknown),
    ("44", "Funding", unknown),
)


def stard_ai(results: ManuscriptResults) -> PrintedTable:
    """STARD-AI, by its own numbers."""
    return _checklist("stard-ai", "STARD-AI checklist", STARD_AI, results, {})


def claim(results: ManuscriptResults, explained: str = "") -> PrintedTable:
    """CLAIM, by the numbers of its 2024 update; `explained` says which explanations the report shows."""
    answered = {EXPLAINABILITY: explained} if explained else {}
    return _checklist("claim", "CLAIM checklist (2024 update)", CLAIM, results, answered)


def _checklist(
    name: str,
    caption: str,
    items: tuple[Item, ...],
    results: ManuscriptResults,
    answered: Mapping[str, str],
) -> PrintedTable:
    rows = tuple(
        Row(number, (Cell(topic), Cell(answered.get(number) or fact(results))))
        for number, topic, fact in items
    )
    known_items = sum(row.cells[1].text != known.UNKNOWN for row in rows)
    return PrintedTable(
        name=name,
        caption=f"{caption}: {known_items} of {len(rows)} items answered by the system",
        columns=(Cell("Item"), Cell("What the system knows")),
        sections=(Section("", rows),),
        notes=(
            "The topics are this program's words; the numbers are the guideline's.",
            f"“{known.UNKNOWN}”: for the authors to fill in.",
        ),
    )
