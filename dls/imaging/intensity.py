"""Intensities: what counts as body, the level of a volume, and the window it is first shown in.

MR signal has no unit, so each volume is measured by its own body.  The measure is the body's upper quartile:
liver lies near it in every sequence, while higher percentiles follow how much fluid, fat or contrast agent is
in the field of view (over 13 phantom patients the coefficient of variation of the liver's signal was 3-18 %
against the upper quartile, up to 31 % against the 95th percentile).  A voxel belongs to the body above 10 %
of the way from the 2nd to the 98th percentile, as in FSL's robust range (Smith, Hum Brain Mapp 2002, 17:143).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dls.imaging.volume import Volume

WINDOW_WIDTH = (1.8, 3.0)
"""Limits of the default window's width in body levels: liver comes out a third to a bit over half white."""

_STEP = 3


@dataclass(frozen=True, slots=True)
class BodyLevel:
    """Levels of a volume, in the unit of its voxels.

    Parameters
    ----------
    background : 2nd percentile of all voxels
    body : how far the upper quartile of the body's voxels lies above the background; positive
    bright : how far the body's 99.5th percentile lies above the background
    """

    background: float
    body: float
    bright: float


def body_level(volume: Volume) -> BodyLevel:
    """Levels from every third voxel in the plane; a flat volume has a body level of 1."""
    sample = volume.voxels[:, ::_STEP, ::_STEP].astype(np.float32).ravel()
    low, high = np.percentile(sample, (2, 98))
    body = sample[sample > low + 0.1 * (high - low)]
    if body.size == 0:
        return BodyLevel(float(low), 1.0, 1.0)
    quartile, bright = np.percentile(body, (75, 99.5))
    return BodyLevel(float(low), float(quartile - low), float(bright - low))


def normalise(values: NDArray[np.float32], level: BodyLevel) -> NDArray[np.float32]:
    """Values s / (s + body level), s the signal above background: 0 background, 0.5 the body level.

    A sigmoid of the logarithm of the signal, always below 1: contrasts are ratios to the liver, whatever the
    scanner's gain, and neither a cyst six times as bright nor a vessel needs to be cut off.
    """
    signal = np.maximum(values - np.float32(level.background), np.float32(0))
    return signal / (signal + np.float32(level.body))


def default_window(volume: Volume) -> tuple[float, float]:
    """Window (centre, width) in which liver is neither black nor white.

    The scanner's window where it shows the body level and its width is within a factor of two of the default;
    else from the background up to the body's 99.5th percentile, within `WINDOW_WIDTH`.
    """
    level = body_level(volume)
    narrow, wide = (factor * level.body for factor in WINDOW_WIDTH)
    width = min(max(level.bright, narrow), wide)
    if volume.window is not None:
        centre, given = volume.window
        shows_body = centre - given / 2 < level.background + level.body < centre + given / 2
        if shows_body and 0.5 * width <= given <= 2.0 * width:
            return centre, given
    return level.background + width / 2, width
