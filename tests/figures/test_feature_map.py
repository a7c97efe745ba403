import pandas as pd

from dls.analysis.feature_map import FeatureMap
from dls.domain import LesionClass
from dls.figures.feature_map import feature_map_figure
from dls.figures.style import CLASS_COLOUR


def test_points_are_coloured_by_true_class_and_open_their_case() -> None:
    points = pd.DataFrame(
        {"case_id": [3, 3, 9], "group": [0, 1, 0], "x": [0.0, 1, 2], "y": [0.0, 1, 2]}
        | {"code": ["T-03", "T-03", "T-09"], "lesion_class": [0, 0, 4], "class": ["cyst", "cyst", "HCC"]}
    )
    figure = feature_map_figure(FeatureMap("A", "tsne", points), "t-SNE")
    cyst, hcc = figure.data[LesionClass.CYST], figure.data[LesionClass.HCC]
    assert (len(cyst.x), cyst.name, cyst.marker.color) == (2, "cyst (1)", CLASS_COLOUR[LesionClass.CYST])
    assert hcc.customdata[0] == "case=9"
    assert "T-09" in hcc.hovertext[0]
