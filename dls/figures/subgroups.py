"""The subgroups of a study as a forest plot, and the readers' areas beside a model's."""

from __future__ import annotations

from collections.abc import Sequence
from math import floor

import plotly.graph_objects as go

from dls.analysis.reader_comparison import ModelAgainstReaders
from dls.analysis.subgroup_accuracy import SubgroupStudy, narrowed
from dls.analysis.undefined import Undefined
from dls.figures.forest import ForestRow, forest
from dls.figures.style import INK, MODEL_COLOURS, class_colour, query


def subgroup_forest(study: SubgroupStudy) -> go.Figure:
    """A row a subgroup; a mark opens the cases that its table's count opens."""
    rows = []
    for row in study.rows:
        found = row.estimate
        rows.append(
            ForestRow(
                group=row.group,
                label=row.label,
                estimate=None if found is None else found[0],
                interval=None if found is None else found[1],
                weight=row.n,
                query=query(row.cases, narrowed(study.within, row.subgroup)),
                colour=class_colour(row.label) if row.group else INK,
            )
        )
    return forest(rows, f"{study.question.measure} (95% CI)", span=_span(rows))


def area_forest(found: ModelAgainstReaders) -> go.Figure:
    """Everyone's area for malignancy; the dashed line is the model's."""
    rows = [
        ForestRow(
            group="",
            label=f"{row.system.name}",
            estimate=None if isinstance(row.area, Undefined) else row.area.auc,
            interval=None if isinstance(row.area, Undefined) else row.area.interval,
            weight=row.n,
            colour=MODEL_COLOURS[0] if row.system == found.model else INK,
        )
        for row in found.areas
    ]
    return forest(rows, "AUC for malignancy (95% CI)", span=_span(rows))


def _span(rows: Sequence[ForestRow]) -> tuple[float, float]:
    """From the tenth below the lowest limit to 1."""
    lowest = min((r.interval.low for r in rows if r.interval is not None), default=0.0)
    return min(floor(10 * lowest) / 10, 0.9), 1.0
