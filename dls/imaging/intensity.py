"""Intensities: what counts as body, the range of a volume, and the window it is first shown in.

MR signal has no unit, so each volume is scaled by its own body: 0 is the dark end of the background, 1 the
99th percentile of the body.  The range of the body above the noise follows FSL's robust range (Smith, Hum
Brain Mapp 2002, 17:143): a voxel belongs to it above 10 % of the way from the 2nd to the 98th percentile.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dls.imaging.volume import Volume

CEILING = 2.0
"""Normalised values are cut here: a cyst on T2 may be twice as bright as the body's 99th percentile."""

_STEP = 3


@dataclass(frozen=True, slots=True)
class BodyRange:
    """Percentiles of the body's voxels, in the unit of the volume."""

    background: float
    p1: float
    p50: float
    p99: float
    p995: float


def body_range(volume: Volume) -> BodyRange:
    """Percentiles over every third voxel in the plane; a flat volume gives a range of width 0."""
    sample = volume.voxels[:, ::_STEP, ::_STEP].astype(np.float32).ravel()
    low, high = np.percentile(sample, (2, 98))
    body = sample[sample > low + 0.1 * (high - low)]
    if body.size == 0:
        body = sample
    p1, p50, p99, p995 = np.percentile(body, (1, 50, 99, 99.5))
    return BodyRange(float(low), float(p1), float(p50), float(p99), float(p995))


def normalise(values: NDArray[np.float32], scale: BodyRange) -> NDArray[np.float32]:
    """Values scaled so that the background is 0 and the body's 99th percentile 1, cut to [0, CEILING]."""
    width = max(scale.p99 - scale.background, 1e-6)
    scaled: NDArray[np.float32] = np.clip((values - scale.background) / np.float32(width), 0.0, CEILING)
    return scaled.astype(np.float32, copy=False)


def default_window(volume: Volume) -> tuple[float, float]:
    """Window (centre, width) in which body and liver are neither black nor white.

    The scanner's window where it shows the body's middle and is neither much narrower nor much wider than the
    body's range; else from the background to the body's 99.5th percentile.
    """
    scale = body_range(volume)
    low, high = scale.background, scale.p995
    width = max(high - low, 1.0)
    if volume.window is not None:
        centre, given = volume.window
        shows_body = centre - given / 2 < scale.p50 < centre + given / 2
        if shows_body and 0.5 * width <= given <= 2.0 * width:
            return centre, given
    return low + width / 2, width
