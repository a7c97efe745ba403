"""Pixels of a checked stack: decoded, each slice rescaled by its own slope and intercept.

Source: DICOM PS3.3 C.11.1 (modality LUT), C.7.6.3 (image pixel).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import SimpleITK
from numpy.typing import NDArray

from dls.errors import InputError
from dls.imaging.headers import Header


def decode(ordered: Sequence[Header]) -> NDArray[Any]:
    """Voxels (slices, rows, columns): int16 where every value is one, else float32.

    Parameters
    ----------
    ordered : headers of one volume in slice order, as `gate.in_order` gives them

    Raises
    ------
    InputError
        when pixels cannot be decoded.
    """
    whole = all(h.slope == 1 and h.intercept == 0 for h in ordered)
    first = _slice(ordered[0])
    slices = np.empty((len(ordered), *first.shape), np.result_type(first.dtype, np.int16))
    plain = whole and slices.dtype.kind == "i"
    out = slices if plain else np.empty(slices.shape, np.float32)
    for k, header in enumerate(ordered):
        out[k] = first if k == 0 else _slice(header)
        if not whole and header.pixel_offset is not None:
            out[k] = out[k] * np.float32(header.slope) + np.float32(header.intercept)
    if plain and out.dtype != np.int16:
        limits = np.iinfo(np.int16)
        return out.astype(np.int16 if out.min() >= limits.min and out.max() <= limits.max else np.float32)
    return out


def _slice(header: Header) -> NDArray[Any]:
    """Pixels (rows, columns) of one file; stored values where they lie plainly, else rescaled ones."""
    if header.pixel_offset is None or header.bits not in (8, 16, 32):
        return _compressed(header)
    kind = np.dtype(f"<{'i' if header.signed else 'u'}{header.bits // 8}")
    pixels = np.fromfile(header.path, kind, header.rows * header.columns, offset=header.pixel_offset)
    if pixels.size != header.rows * header.columns:
        raise InputError(
            f"{header.path.name} is cut short",
            expected=f"{header.rows * header.columns} pixels",
            got=str(pixels.size),
            remedy=f"export {header.path} again",
        )
    return pixels.reshape(header.rows, header.columns)


def _compressed(header: Header) -> NDArray[Any]:
    """Pixels of a compressed or big-endian file by SimpleITK's GDCM, which applies the rescale itself."""
    try:
        pixels = SimpleITK.GetArrayFromImage(SimpleITK.ReadImage(str(header.path), imageIO="GDCMImageIO"))
    except RuntimeError as error:
        raise InputError(
            f"The pixels of {header.path.name} cannot be decoded",
            got=f"transfer syntax {header.transfer_syntax}: {str(error).strip().splitlines()[-1]}",
            remedy="export the series uncompressed (Explicit VR Little Endian)",
        ) from error
    if pixels.shape != (1, header.rows, header.columns):
        raise InputError(
            f"The pixels of {header.path.name} do not fit its header",
            expected=f"1 x {header.rows} x {header.columns}",
            got=" x ".join(map(str, pixels.shape)) + " (frames x rows x columns)",
        )
    return pixels[0]
