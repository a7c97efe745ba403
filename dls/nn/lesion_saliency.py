"""How much of a saliency map lies in the lesion, where it points, and how the sequences share it."""

from __future__ import annotations

from collections.abc import Sequence as Listed
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dls.domain import Sequence
from dls.geometry import Geometry
from dls.imaging.roi import Outline, carry, mask


@dataclass(frozen=True, slots=True)
class LesionSaliency:
    """Numbers of the maps of one case.

    Parameters
    ----------
    area : share of the image groups' pixels inside the lesion: what an even map would give
    energy : slug, or "all" -> share of the saliency inside the lesion, 0 to 1
    pointing : slug, or "all" for the sum over sequences -> share of the groups whose brightest pixel lies
        inside the lesion (the pointing game, Zhang et al., Top-down neural attention, IJCV 2018)
    share : slug -> share of the whole saliency; they sum to 1
    """

    area: float
    energy: dict[str, float]
    pointing: dict[str, float]
    share: dict[str, float]


def lesion_saliency(
    sequences: Listed[Sequence], maps: NDArray[np.float32], inside: NDArray[np.bool_]
) -> LesionSaliency:
    """Numbers of maps (n, size, size, channels), a channel a sequence; `inside` (n, size, size)."""
    summed = maps.sum(axis=-1, dtype=np.float64)
    by_slug = {s.slug: maps[..., i].astype(np.float64) for i, s in enumerate(sequences)}
    every = {**by_slug, "all": summed}
    return LesionSaliency(
        area=float(inside.mean()),
        energy={slug: _share(m[inside].sum(), m.sum()) for slug, m in every.items()},
        pointing={slug: pointing_game(m, inside) for slug, m in every.items()},
        share={slug: _share(m.sum(), summed.sum()) for slug, m in by_slug.items()},
    )


def lesion_on_frames(t2: Geometry, outline: Outline, frames: tuple[Geometry, ...]) -> NDArray[np.bool_]:
    """Pixels (n, size, size) of the image groups that lie in the lesion; `t2` is the grid it was drawn on."""
    drawn = mask(outline, t2)
    return np.concatenate([carry(drawn, t2, frame) for frame in frames])


def pointing_game(maps: NDArray[np.floating], inside: NDArray[np.bool_]) -> float:
    """Share of maps (n, size, size) whose brightest pixel lies inside; a map without any light misses."""
    flat = maps.reshape(len(maps), -1)
    hit = inside.reshape(len(maps), -1)[np.arange(len(maps)), flat.argmax(axis=1)]
    return float(np.mean(hit & (flat.max(axis=1) > 0)))


def _share(part: float, whole: float) -> float:
    return float(part / whole) if whole > 0 else 0.0
