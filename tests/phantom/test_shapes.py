"""Distances of shapes at points whose distance is known."""

from __future__ import annotations

import numpy as np
import pytest

from dls.phantom.shapes import (
    Anterior,
    Ellipsoid,
    Intersection,
    Outside,
    Shrunk,
    Tube,
    rotation,
    smooth_minimum,
)


def at(shape: object, x: float, y: float, z: float) -> float:
    point = (np.full((1, 1), v, np.float32) for v in (x, y, z))
    return float(shape.distance(*point)[0, 0])  # type: ignore[attr-defined]


def test_sphere_is_exact() -> None:
    sphere = Ellipsoid((1.0, 2.0, 3.0), (10.0, 10.0, 10.0))
    assert at(sphere, 1.0, 2.0, 3.0) == pytest.approx(-10)
    assert at(sphere, 16.0, 2.0, 3.0) == pytest.approx(5, abs=1e-4)


def test_turned_ellipsoid_has_its_long_axis_elsewhere() -> None:
    turned = Ellipsoid((0.0, 0.0, 0.0), (20.0, 10.0, 10.0), tuple(rotation(90.0).ravel()))
    assert at(turned, 0.0, 20.0, 0.0) == pytest.approx(0, abs=1e-4)
    assert at(turned, 15.0, 0.0, 0.0) > 0
    assert turned.bounds[1] == pytest.approx((10.0, 20.0, 10.0))


@pytest.mark.parametrize(("point", "distance"), [((5, 3, 0), 1.0), ((-4, 0, 0), 2.0), ((14, 0, 0), 0.0)])
def test_tube_has_round_ends(point: tuple[float, float, float], distance: float) -> None:
    tube = Tube((0.0, 0.0, 0.0), (12.0, 0.0, 0.0), 2.0, 2.0)
    assert at(tube, *point) == pytest.approx(distance, abs=1e-5)


def test_tube_narrows_towards_its_end() -> None:
    tube = Tube((0.0, 0.0, 0.0), (10.0, 0.0, 0.0), 4.0, 2.0)
    assert at(tube, 5.0, 0.0, 0.0) == pytest.approx(-3.0)


def test_gas_above_fluid() -> None:
    stomach = Ellipsoid((0.0, 0.0, 0.0), (10.0, 10.0, 10.0))
    gas = Intersection(Shrunk(stomach, 2.0), Anterior(0.0))
    assert at(gas, 0.0, -5.0, 0.0) < 0 < at(gas, 0.0, 5.0, 0.0)
    assert at(gas, 0.0, -9.0, 0.0) == pytest.approx(1.0, abs=1e-5)
    assert at(Outside(stomach), 0.0, 0.0, 0.0) == pytest.approx(10.0)


def test_smooth_union_equals_the_nearer_shape_away_from_the_seam() -> None:
    a, b = np.array([1.0, 5.0]), np.array([9.0, 5.0])
    assert smooth_minimum(a, b, 4.0) == pytest.approx([1.0, 4.0])
