"""Multi-reader comparisons as they are printed."""

from __future__ import annotations

from math import isinf

from dls.analysis.printed import (
    DASH,
    Cell,
    PrintedTable,
    Row,
    Section,
    area,
    p_value,
    percentage_points,
    sentence,
    signed,
    tenth,
)
from dls.analysis.reader_comparison import MatchedPoint, ModelAgainstReaders
from dls.analysis.undefined import Undefined
from dls.stats.mrmc import GENERALISES_TO, MrmcAnalysis, MrmcResult

LARGE_DF = 1000
"""From here on t and normal quantiles differ by less than is printed."""

COLUMNS = (Cell("Difference (95% CI)"), Cell("Statistic"), Cell("df"), Cell("p"))


def against_readers_layout(found: ModelAgainstReaders) -> PrintedTable:
    """Mean of the readers less the model, for each choice of what is random."""
    result = found.result
    notes = [f"Areas are of the probability of malignancy. {found.readings}."]
    rows: tuple[Row, ...] = ()
    if isinstance(result, Undefined):
        notes.insert(0, f"{DASH}: {result.reason}")
        rows = tuple(Row(words, tuple(Cell(DASH) for _ in COLUMNS)) for words in GENERALISES_TO.values())
    else:
        rows = tuple(
            Row(
                a.generalises_to,
                (
                    Cell(signed(a.difference, a.interval)),
                    Cell(f"{a.statistic:.2f}"),
                    Cell(_df(a.df)),
                    Cell(p_value(a.pvalue)),
                ),
            )
            for a in result.analyses.values()
        )
        notes.insert(0, sentence(f"{result.method}. {result.reference}."))
        notes.insert(
            1,
            f"Mean of {len(result.readers)} readers {result.reader_mean_auc:.3f}, {result.model} "
            f"{result.model_auc:.3f}, in the {result.n_positive + result.n_negative} cases that all rated; "
            f"{result.n_excluded} left out.",
        )
        notes += [f"{GENERALISES_TO[name]}: {why}" for name, why in result.undefined.items()]
    return PrintedTable(
        name="model-against-readers",
        caption=f"Mean area of the readers less that of {found.model.name}, malignancy",
        columns=COLUMNS,
        sections=(Section("", rows),),
        notes=tuple(notes),
    )


def areas_layout(found: ModelAgainstReaders) -> PrintedTable:
    """Everyone's own area for malignancy."""
    rows = tuple(Row(a.system.name, (area(a.area), Cell(f"{a.n}"))) for a in found.areas)
    return PrintedTable(
        name="malignancy-areas",
        caption="Area under the ROC curve for malignancy",
        columns=(Cell("AUC (95% CI)"), Cell("Cases")),
        sections=(Section("", rows),),
        notes=("DeLong 1988, in the cases that each one rated.", f"{found.readings}."),
    )


def matched_layout(found: MatchedPoint) -> PrintedTable:
    """Sensitivity of the model where its specificity is the readers' mean, against their mean sensitivity."""
    matched, name = found.result, found.model.name
    labels = (
        "Specificity, %, mean of the readers",
        "Sensitivity, %, mean of the readers",
        f"Sensitivity, %, {name}",
        "Difference, percentage points",
        f"Score from which {name} calls it",
    )
    if isinstance(matched, Undefined):
        texts, notes = (DASH,) * len(labels), [f"{DASH}: {matched.reason}"]
    else:
        model, (low, high) = matched.model, matched.model.interval
        texts = (
            tenth(matched.reader_specificity),
            tenth(matched.reader_sensitivity),
            f"{tenth(model.sensitivity)} ({tenth(low)}–{tenth(high)})",
            signed(100 * matched.difference, percentage_points(matched.interval), 1),
            f"{model.threshold:.3f}",
        )
        notes = [
            f"In the {model.n_positive + model.n_negative} cases that the model and all {matched.n_readers} "
            "readers judged; the curve is straight between its points. Bootstrap over patients, within the "
            "classes where each has one case, the readers fixed (Platt, Hanley and Yang 2000)."
        ]
    rows = tuple(Row(label, (Cell(text),)) for label, text in zip(labels, texts, strict=True))
    return PrintedTable(
        name="matched-operating-point",
        caption=f"{name} at the readers' mean specificity for malignancy",
        columns=(Cell("Value (95% CI)"),),
        sections=(Section("", rows),),
        notes=(*notes, f"{found.readings}."),
    )


def modalities_layout(result: MrmcResult) -> PrintedTable:
    """The modalities against each other, for each choice of what is random; then the readers' areas."""
    tests = tuple(Section(a.generalises_to, _differences(a)) for a in result.analyses.values())
    rows = [row for j, reader in enumerate(result.readers) for row in _areas(result, j, reader)]
    n = result.components.n_positive + result.components.n_negative
    return PrintedTable(
        name="modalities",
        caption="Readers' areas for malignancy under each condition",
        columns=COLUMNS,
        sections=(*tests, Section("Areas", tuple(rows))),
        notes=(
            sentence(f"{result.method}. {result.reference}."),
            f"{n} cases that every reader read under every condition; {result.n_excluded} left out.",
            *(f"{GENERALISES_TO[name]}: {why}" for name, why in result.undefined.items()),
        ),
    )


def _areas(result: MrmcResult, j: int, reader: str) -> list[Row]:
    """Areas of reader j, a cell a modality; more than the table has columns go on in further rows."""
    cells = [Cell(f"{result.auc[i, j]:.3f}", modality) for i, modality in enumerate(result.modalities)]
    width = len(COLUMNS)
    return [Row(reader, tuple(cells[at : at + width])) for at in range(0, len(cells), width)]


def _differences(analysis: MrmcAnalysis) -> tuple[Row, ...]:
    rows = [
        Row(
            f"{d.a} – {d.b}",
            (
                Cell(signed(d.difference, d.interval)),
                Cell(f"{d.statistic:.2f}"),
                Cell(_df(d.df)),
                Cell(p_value(d.pvalue), f"Holm {p_value(d.p_holm)}" if len(analysis.differences) > 1 else ""),
            ),
        )
        for d in analysis.differences
    ]
    if len(analysis.differences) > 1:
        df2 = "" if analysis.df2 is None else f", {_df(analysis.df2)}"
        overall = (
            Cell(f"{analysis.statistic:.2f}"),
            Cell(f"{analysis.df1}{df2}"),
            Cell(p_value(analysis.pvalue)),
        )
        rows.insert(0, Row("all equal", (Cell(DASH), *overall)))
    return tuple(rows)


def _df(value: float) -> str:
    if isinf(value):
        return "∞"
    return f"{value:.1f}" if value < LARGE_DF else f">{LARGE_DF}"
