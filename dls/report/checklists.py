"""Reporting checklists with what the system knows filled in; the items are named in short words.

Sources
-------
Bossuyt PM, et al. BMJ 2015;351:h5527 (STARD 2015): items 1-30, which STARD-AI (Sounderajah V, et al. Nat Med
2025) extends; its additional topics are marked AI here, since only STARD 2015's numbers are used.
Mongan J, et al. Radiol Artif Intell 2020;2:e200029 (CLAIM): items 1-42; updated by Tejani AS, et al. 2024.
"""

from __future__ import annotations

from dls.analysis.manuscript import ManuscriptResults
from dls.analysis.printed import Cell, PrintedTable, Row, Section
from dls.report import known
from dls.report.known import Fact, fixed, unknown

Item = tuple[str, str, Fact]

TABLES = fixed("Tables 1–4, with 95% confidence intervals")
MATRICES = fixed("Confusion matrices, in the figures")
FLOW = fixed("Figure 1")
METHODS = fixed("Methods of this report")

STARD: tuple[Item, ...] = (
    ("1", "Named as a study of diagnostic accuracy", known.title),
    ("2", "Structured abstract", unknown),
    ("3", "Background, intended use and role of the index test", fixed("Research use only")),
    ("4", "Objectives and hypotheses", known.plan),
    ("5", "Prospective or retrospective", unknown),
    ("6", "Eligibility criteria", unknown),
    ("7", "How eligible patients were identified", unknown),
    ("8", "Setting, places and dates", unknown),
    ("9", "Consecutive, random or convenience series", unknown),
    ("10a", "Index test", known.packages),
    ("10b", "Reference standard", known.standard),
    ("11", "Why this reference standard", unknown),
    ("12a", "Cut-offs of the index test", known.thresholds),
    ("12b", "Categories of the reference standard", known.classes),
    ("13a", "What those who did the index test knew", known.blinding),
    ("13b", "What those who set the reference standard knew", unknown),
    ("14", "Methods of estimating and comparing accuracy", METHODS),
    ("15", "Indeterminate results", fixed("None: every answer is one of the classes")),
    ("16", "Missing data", known.missing),
    ("17", "Analyses of variability, prespecified or not", known.plan),
    ("18", "Sample size and how it was determined", unknown),
    ("19", "Flow of participants", FLOW),
    ("20", "Characteristics of the participants", known.patients),
    ("21a", "Severity among those with the condition", fixed("Lesion diameter by class, Table S1")),
    ("21b", "Other diagnoses among those without it", fixed("Table S1")),
    ("22", "Time between index test and reference standard", unknown),
    ("23", "Cross tabulation of index test and reference standard", MATRICES),
    ("24", "Estimates of accuracy and their precision", TABLES),
    ("25", "Adverse events", unknown),
    ("26", "Limitations", known.limits),
    ("27", "Implications for practice", fixed("Research use only")),
    ("28", "Registration", unknown),
    ("29", "Where the protocol can be read", known.protocol),
    ("30", "Funding", unknown),
    ("AI", "Source of the data set", known.series),
    ("AI", "Scanners and acquisition", known.scanners),
    ("AI", "Version of the index test and of its software", known.code),
    ("AI", "Training, validation and test partitions", unknown),
    ("AI", "Interaction of people with the index test", known.blinding),
    ("AI", "Errors of the index test", MATRICES),
    ("AI", "Bias and fairness across groups of patients", unknown),
    ("AI", "Availability of data and code", unknown),
    ("AI", "Commercial interests", unknown),
)

CLAIM: tuple[Item, ...] = (
    ("1", "Named as a study of AI, with the technology", known.title),
    ("2", "Structured summary", unknown),
    ("3", "Background, intended use and role", fixed("Research use only")),
    ("4", "Objectives and hypotheses", known.plan),
    ("5", "Prospective or retrospective", unknown),
    ("6", "Goal of the study", known.plan),
    ("7", "Sources of the data", known.series),
    ("8", "Eligibility criteria", unknown),
    ("9", "Preprocessing", fixed("Named by the specification in each model package")),
    ("10", "Selection of subsets of the data", known.excluded),
    ("11", "Definition of the data elements", known.classes),
    ("12", "De-identification", unknown),
    ("13", "Missing data", known.missing),
    ("14", "Definition of the reference standard", known.standard),
    ("15", "Why this reference standard", unknown),
    ("16", "Who set the reference standard", unknown),
    ("17", "Annotation tools", unknown),
    ("18", "Variability within and between readers", fixed("Between readers: Table S2")),
    ("19", "Intended sample size", unknown),
    ("20", "Assignment to partitions", unknown),
    ("21", "Level at which partitions are disjoint", fixed("Results are by patient")),
    ("22", "Model, with inputs and outputs", METHODS),
    ("23", "Software", known.code),
    ("24", "Initialisation of the parameters", fixed("In the provenance of each model package")),
    ("25", "Training", fixed("In the provenance of each model package")),
    ("26", "Choice of the final model", fixed("In the metrics of each model package")),
    ("27", "Ensembles", fixed("None; a patient's score is the mean over image groups")),
    ("28", "Measures of performance", known.title),
    ("29", "Statistical significance and uncertainty", METHODS),
    ("30", "Robustness and sensitivity", unknown),
    ("31", "Explainability", unknown),
    ("32", "Validation on external data", unknown),
    ("33", "Flow of participants", FLOW),
    ("34", "Characteristics of the participants", known.patients),
    ("35", "Performance on each partition", fixed("On the study's cases: Tables 1–4")),
    ("36", "Estimates and their precision", TABLES),
    ("37", "Failure analysis", MATRICES),
    ("38", "Limitations", known.limits),
    ("39", "Implications for practice", fixed("Research use only")),
    ("40", "Registration", unknown),
    ("41", "Where the protocol can be read", known.protocol),
    ("42", "Funding", unknown),
)


def stard_ai(results: ManuscriptResults) -> PrintedTable:
    """STARD 2015 with the topics that STARD-AI adds."""
    return _checklist(
        "stard-ai", "STARD-AI checklist", STARD, results, "AI: topics that STARD-AI adds to STARD 2015."
    )


def claim(results: ManuscriptResults) -> PrintedTable:
    """CLAIM, by the numbers of 2020."""
    return _checklist("claim", "CLAIM checklist", CLAIM, results, "Items by their numbers of 2020.")


def _checklist(
    name: str, caption: str, items: tuple[Item, ...], results: ManuscriptResults, note: str
) -> PrintedTable:
    rows = tuple(Row(number, (Cell(topic), Cell(fact(results)))) for number, topic, fact in items)
    answered = sum(row.cells[1].text != known.UNKNOWN for row in rows)
    return PrintedTable(
        name=name,
        caption=f"{caption}: {answered} of {len(rows)} items answered by the system",
        columns=(Cell("Item"), Cell("What the system knows")),
        sections=(Section("", rows),),
        notes=(note, f"“{known.UNKNOWN}”: for the authors to fill in."),
    )
