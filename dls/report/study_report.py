"""The study's report: the manuscript's tables and figures, and every file of them.

The same results give the same bytes: dates are those of the data, entries are sorted, nothing is drawn by a
browser.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from hashlib import sha256

import pandas as pd
from matplotlib.figure import Figure

from dls.analysis.long_form import accuracy_long_form, agreement_long_form
from dls.analysis.manuscript import ManuscriptResults
from dls.analysis.printed import to_csv
from dls.analysis.supplement_long_form import supplement_long_form
from dls.domain import Task
from dls.nn.explanation_file import Explanation
from dls.progress import Progress
from dls.report.archive import packed
from dls.report.checklists import claim, stard_ai
from dls.report.confusion_plate import PER_PLATE, confusion_size, draw_confusion
from dls.report.decision_plate import decision_size, draw_decisions
from dls.report.document import Block, Heading, Manuscript, Picture, Text, for_paper
from dls.report.drawing import picture
from dls.report.flow_plate import FLOW_SIZE, draw_flow
from dls.report.forest_plate import draw_forest, fits, forest_size
from dls.report.html import html
from dls.report.map_plate import draw_maps, map_size
from dls.report.methods import methods
from dls.report.pdf import pdf
from dls.report.references import References
from dls.report.roc_plate import draw_roc, roc_size
from dls.report.saliency_plate import draw_saliency, saliency_caption, saliency_size
from dls.report.stamp import footer, stamp, warnings
from dls.report.tables import tables
from dls.report.word import word

STEPS = 8
NUMBERS = "tables/numbers.csv"
SALIENCY = "saliency"
Plate = tuple[str, str, tuple[float, float], Callable[[Figure], None]]
"""A figure to be numbered: kind, for its file's name; caption; inches; what draws it."""


def study_report(
    results: ManuscriptResults,
    progress: Progress = lambda *_: None,
    explanations: Sequence[Explanation] = (),
) -> dict[str, bytes]:
    """Every file of the report, by name: report.docx, .pdf and .html, figures/, tables/, and MANIFEST.txt.

    Parameters
    ----------
    explanations : stored saliency, a figure each (`dls.report.saliency_plate.stored_explanations`)
    """
    manuscript = compose(results, progress, explanations)
    files: dict[str, bytes] = {}
    for step, (name, write) in enumerate((("docx", word), ("pdf", pdf), ("html", html)), start=5):
        progress(step, STEPS, f"report.{name}")
        files[f"report.{name}"] = write(manuscript)
    for figure in manuscript.pictures:
        files[f"figures/{figure.name}.svg"] = figure.svg
        files[f"figures/{figure.name}.png"] = figure.png
    for table in manuscript.tables:
        files[f"tables/{table.name}.csv"] = to_csv(table).encode()
    files[NUMBERS] = numbers(results).to_csv(index=False, lineterminator="\n").encode()
    files["MANIFEST.txt"] = _manifest(manuscript, files)
    progress(STEPS, STEPS, "Report")
    return files


def archive(files: dict[str, bytes], results: ManuscriptResults) -> bytes:
    """All files of a report as one zip."""
    return packed(files, results.provenance.as_of)


def numbers(results: ManuscriptResults) -> pd.DataFrame:
    """Tables 1-4 and the supplement in full precision, one number a row (see `dls.analysis.long_form`)."""
    frames = [accuracy_long_form(table) for table in results.accuracy]
    frames += [agreement_long_form(results.agreement), supplement_long_form(results.supplement)]
    return pd.concat([frame for frame in frames if len(frame)] or frames[:1], ignore_index=True)


def compose(
    results: ManuscriptResults,
    progress: Progress = lambda *_: None,
    explanations: Sequence[Explanation] = (),
) -> Manuscript:
    """The manuscript's parts in order."""
    below = footer(results)
    references = References()
    progress(0, STEPS, "Text")
    told = [Text(paragraph) for paragraph in methods(results, references, explanations)]
    guides = references.cite("stard-ai", "stard", "claim-2024", "claim")
    printed = [for_paper(table, below) for table in tables(results)]
    progress(1, STEPS, "Figures")
    figures = [*_figures(results, below, explanations)]
    progress(4, STEPS, "Documents")
    shown = ", ".join(f.caption.partition(".")[0] for f in figures if f.name.endswith(SALIENCY))
    explained = f"Mean saliency of each class: {shown}" if shown else ""
    lists = [for_paper(found, below) for found in (stard_ai(results), claim(results, explained))]
    blocks: tuple[Block, ...] = (
        *(Text(warning, loud=True) for warning in warnings(results)),
        Heading("Methods"),
        *told,
        Heading("Tables"),
        *printed,
        Heading("Figures", new_page=True),
        *figures,
        Heading("Reporting checklists", new_page=True),
        Text(
            f"STARD-AI, which contains STARD 2015, and the 2024 update of CLAIM {guides}: numbers of the "
            "guidelines, topics in short words of this program."
        ),
        *lists,
        Heading("References"),
        *(Text(source, small=True) for source in references.listed()),
    )
    return Manuscript(results.provenance.title, stamp(results), below, results.provenance.as_of, blocks)


def _figures(
    results: ManuscriptResults, below: str, explanations: Sequence[Explanation]
) -> Iterator[Picture]:
    for number, (kind, caption, size, draw) in enumerate(_plates(results, explanations), start=1):
        yield picture(f"figure-{number}-{kind}", f"Figure {number}. {caption}", size, below, draw)


def _plates(results: ManuscriptResults, explanations: Sequence[Explanation]) -> Iterator[Plate]:
    """The figures in order: flow, ROC, confusion matrices, net benefit, subgroups, feature maps, saliency."""
    flow = partial(draw_flow, cohort=results.cohort, origin=results.provenance)
    yield "flow", "Flow of cases", FLOW_SIZE, flow
    for table in results.accuracy:
        if any(row.points for row in table.classes):
            caption = f"One-versus-rest ROC, {table.task} classification; AUC with its 95% interval"
            yield "roc", caption, roc_size(table), partial(draw_roc, table=table)
    for task in Task:
        own = [m for m in results.matrices if m.task is task]
        for start in range(0, len(own), PER_PLATE):
            shown = own[start : start + PER_PLATE]
            caption = (
                f"Confusion matrices, {task} classification: {', '.join(m.system.name for m in shown)}. "
                "Counts; shade: share of the true class"
            )
            yield "confusion", caption, confusion_size(shown), partial(draw_confusion, matrices=shown)
    further = results.supplement
    if further.decisions is not None:
        caption = (
            "Decision curves for malignancy: net benefit of acting on a model's probability, or on a "
            f"reader's call; band: 95% interval of {further.decisions.decisions[0].system.name}"
        )
        size = decision_size(further.decisions)
        yield "decision-curve", caption, size, partial(draw_decisions, study=further.decisions)
    if further.subgroups and fits(further.subgroups):
        caption = "Models' areas under the ROC curve for malignancy in subgroups, with the cases of each"
        draw = partial(draw_forest, studies=further.subgroups)
        yield "subgroups", caption, forest_size(further.subgroups), draw
    if results.maps:
        caption = "t-SNE maps of the models' features; a point an image group"
        yield "t-sne", caption, map_size(results.maps), partial(draw_maps, maps=results.maps)
    for explanation in explanations:
        draw = partial(draw_saliency, explanation=explanation)
        yield SALIENCY, saliency_caption(explanation), saliency_size(explanation), draw


def _manifest(manuscript: Manuscript, files: dict[str, bytes]) -> bytes:
    hashes = [f"{sha256(files[name]).hexdigest()}  {name}" for name in sorted(files)]
    return "\n".join([manuscript.title, *manuscript.stamp, "", *hashes, ""]).encode()
