"""Overlays of mean saliency: grey where there is none, coloured where it is strong, one tile a map."""

import numpy as np

from dls.figures.mean_saliency import OPACITY, mean_saliency_figure, overlay


def test_without_saliency_the_image_is_grey_and_with_it_coloured():
    image = np.array([[0.0, 0.5], [1.0, 0.5]])
    strength = np.array([[0.0, 0.0], [0.0, 1.0]])
    picture = overlay(image, strength)
    assert picture.shape == (2, 2, 3)
    np.testing.assert_array_equal(picture[0, 0], [0, 0, 0])
    np.testing.assert_array_equal(picture[0, 1], [128, 128, 128])
    np.testing.assert_array_equal(picture[1, 0], [255, 255, 255])
    last = np.array([252, 255, 164])  # the last colour of Inferno
    np.testing.assert_allclose(picture[1, 1], (1 - OPACITY) * 127.5 + OPACITY * last, atol=1)


def test_classes_without_image_groups_are_left_out():
    maps = np.random.default_rng(0).random((3, 8, 8, 2))
    figure = mean_saliency_figure(maps, maps, [4, 0, 2], ["cyst", "FNH", "HCC"], ["T2", "DWI"])
    assert len(figure.data) == 4
    titles = [a.text for a in figure.layout.annotations]
    assert titles == ["T2", "DWI", "cyst (4)", "HCC (2)"]
    assert [a.textangle for a in figure.layout.annotations[2:]] == [None, None]
    assert figure.layout.annotations[2].y > figure.layout.annotations[3].y
    assert all(t.source.startswith("data:image/png;base64,") for t in figure.data)


def test_without_any_group_it_says_so():
    figure = mean_saliency_figure(np.zeros((1, 2, 2, 1)), np.zeros((1, 2, 2, 1)), [0], ["cyst"], ["T2"])
    assert "No image group" in figure.layout.annotations[0].text
