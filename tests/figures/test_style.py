"""What every figure says of itself: the part of the study that it is of, and what it rests on."""

from __future__ import annotations

import plotly.graph_objects as go

from dls.analysis.study_filter import Part, StudyFilter
from dls.figures.style import ORIGIN_LINE, of_part, paper, resting_on

LINE = "protocol frozen, id 517f1ff8e31f · code 0.1.0+abc"


def test_a_figure_says_below_itself_what_it_rests_on() -> None:
    figure = resting_on(paper(go.Figure(), 300), LINE)
    title = figure.layout.title
    assert LINE in title.text
    assert (title.y, title.yanchor, title.automargin) == (0, "bottom", True)
    assert figure.layout.height == 300 + ORIGIN_LINE


def test_a_figure_of_a_part_says_both_above_itself() -> None:
    part = Part(StudyFilter(), "sex: female", 2, 12)
    whole = of_part(paper(go.Figure(), 300), part)
    height, margin = whole.layout.height, whole.layout.margin.t
    figure = resting_on(whole, LINE)
    first, second = figure.layout.title.text.split("<br>")
    assert first == str(part)
    assert LINE in second
    assert (figure.layout.height, figure.layout.margin.t) == (height + ORIGIN_LINE, margin + ORIGIN_LINE)


def test_a_figure_without_a_height_keeps_none() -> None:
    assert resting_on(go.Figure(), LINE).layout.height is None
