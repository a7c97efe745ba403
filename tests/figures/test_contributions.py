from dls.figures.contributions import AGAINST, FOR, contribution_figure


def test_the_largest_is_on_top_and_sides_differ_in_colour() -> None:
    figure = contribution_figure({"AFP": 1.5, "Age": -2.0, "PSA": 0.0}, -0.5, "Model F")
    bars = figure.data[0]
    assert list(bars.y) == ["AFP", "Age"]
    assert list(bars.marker.color) == [FOR, AGAINST]
    assert list(bars.text) == ["+1.50", "−2.00"]
    assert "together −0.50" in figure.layout.title.text


def test_without_any_it_says_so() -> None:
    figure = contribution_figure({"AFP": 0.0}, 0.0, "Model F")
    assert "No clinical data" in figure.layout.annotations[0].text
