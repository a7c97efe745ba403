"""Thumbnails: the middle slice of a stack as a small grey picture, to recognise a sequence by."""

from __future__ import annotations

from io import BytesIO

import numpy as np
from PIL import Image

from dls.errors import InputError
from dls.imaging.gate import in_order
from dls.imaging.pixels import decode
from dls.imaging.stacks import Stack

SIDE = 192
"""Pixels of the longer side."""


def thumbnail(stack: Stack) -> bytes:
    """The middle slice as PNG, its 1st to 99th percentile from black to white, pixels square in millimetres.

    Raises
    ------
    InputError
        when the pixels cannot be decoded.
    """
    ordered = stack.headers
    if all(h.position is not None and h.orientation is not None for h in ordered):
        ordered = tuple(in_order(ordered))
    middle = ordered[len(ordered) // 2]
    pixels = np.asarray(decode([middle])[0], dtype=np.float32)
    if pixels.ndim != 2:
        raise InputError("The image is no plane of grey values", got=str(pixels.shape))
    low, high = np.percentile(pixels, (1, 99))
    grey = np.clip((pixels - low) / max(float(high - low), 1e-6), 0, 1) * 255
    height, width = np.array(pixels.shape) * (middle.pixel_spacing or (1.0, 1.0))
    scale = SIDE / max(height, width)
    size = max(1, round(width * scale)), max(1, round(height * scale))
    picture = Image.fromarray(grey.astype(np.uint8)).resize(size, Image.Resampling.BILINEAR)
    png = BytesIO()
    picture.save(png, "PNG")
    return png.getvalue()
