"""Textures and noise have the moments they promise."""

from __future__ import annotations

import numpy as np
import pytest

from dls.phantom.noise import Texture, magnitude, plane_axes


def test_texture_is_standardised_and_as_coarse_as_its_grain() -> None:
    texture = Texture.draw(10.0, np.random.default_rng(1))
    axis = np.arange(0, 190, 1.0)
    planes = np.stack([texture.sample(axis, axis, z) for z in range(0, 190, 10)])
    assert planes.mean() == pytest.approx(0, abs=0.1)
    assert planes.std() == pytest.approx(1, abs=0.15)
    near = np.corrcoef(planes[:, :, :-1].ravel(), planes[:, :, 1:].ravel())[0, 1]
    far = np.corrcoef(planes[:, :, :-20].ravel(), planes[:, :, 20:].ravel())[0, 1]
    assert near > 0.9
    assert far < 0.2


def test_texture_is_fixed_in_space() -> None:
    texture = Texture(8.0, (3.0, 5.0, 7.0))
    whole = texture.sample(np.arange(20.0), np.arange(30.0), 4.0)
    part = texture.sample(np.arange(5.0, 20.0), np.arange(7.0, 30.0), 4.0)
    np.testing.assert_allclose(whole[7:, 5:], part, atol=1e-5)


@pytest.mark.parametrize("blur", [1.0, 2.0])
def test_background_is_rayleigh_and_bright_tissue_gaussian(blur: float) -> None:
    rng = np.random.default_rng(2)
    dark = magnitude(np.zeros((200, 200), np.float32), 10.0, blur, rng)
    bright = magnitude(np.full((200, 200), 500, np.float32), 10.0, blur, rng)
    assert dark.mean() == pytest.approx(10 * np.sqrt(np.pi / 2), rel=0.05)
    assert bright.mean() == pytest.approx(500.1, rel=0.01)
    assert bright.std() == pytest.approx(10, rel=0.08)


def test_axes_of_a_plane_given_by_broadcasting() -> None:
    x, y, z = plane_axes(np.arange(4.0)[None], np.arange(3.0)[:, None], np.full((1, 1), 5.0))
    assert (x.tolist(), y.tolist(), z) == ([0, 1, 2, 3], [0, 1, 2], 5.0)
