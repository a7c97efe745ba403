"""Pixels of a checked stack: decoded, each slice rescaled by its own slope and intercept.

JPEG, JPEG lossless, JPEG-LS and JPEG 2000 are decoded by GDCM; RLE, deflated and big-endian files by pydicom
itself.  Source: DICOM PS3.3 C.11.1 (modality LUT), C.7.6.3 (image pixel), PS3.5 A.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import gdcm
import numpy as np
import pydicom
from numpy.typing import NDArray
from pydicom.dataset import Dataset
from pydicom.pixels import get_decoder

from dls.errors import InputError
from dls.imaging.headers import Header

LARGEST_IMAGE = 2**29
"""Bytes of all decoded frames of a file: what a header claims must fit before anything is decoded."""


def decode(ordered: Sequence[Header]) -> NDArray[Any]:
    """Voxels (slices, rows, columns): int16 where every value is one, else float32.

    Parameters
    ----------
    ordered : headers of one volume in slice order, as `gate.in_order` gives them

    Raises
    ------
    InputError
        with code `pixels` or `cut-short` when pixels cannot be decoded.
    """
    reader = _Reader()
    whole = all(h.slope == 1 and h.intercept == 0 for h in ordered)
    first = reader.slice(ordered[0])
    slices = np.empty((len(ordered), *first.shape), np.result_type(first.dtype, np.int16))
    plain = whole and slices.dtype.kind == "i"
    out = slices if plain else np.empty(slices.shape, np.float32)
    for k, header in enumerate(ordered):
        out[k] = first if k == 0 else reader.slice(header)
        if not whole:
            out[k] = out[k] * np.float32(header.slope) + np.float32(header.intercept)
    if plain and out.dtype != np.int16:
        limits = np.iinfo(np.int16)
        return out.astype(np.int16 if out.min() >= limits.min and out.max() <= limits.max else np.float32)
    return out


def stored_values(dataset: Dataset, name: str = "the image") -> NDArray[Any]:
    """Stored values (frames, rows, columns) of an image with its file meta information, not rescaled.

    Raises
    ------
    InputError
        with code `pixels` when they cannot be decoded or are not what the header says.
    """
    frames = int(dataset.get("NumberOfFrames") or 1)
    return np.stack([stored_frame(dataset, frame, name) for frame in range(frames)])


def stored_frame(dataset: Dataset, frame: int, name: str = "the image") -> NDArray[Any]:
    """Stored values (rows, columns) of one frame, counted from 0; bits beyond Bits Stored are cleared.

    Raises
    ------
    InputError
        with code `pixels`.
    """
    syntax = str(dataset.file_meta.get("TransferSyntaxUID", "")) if hasattr(dataset, "file_meta") else ""
    try:
        rows, columns = int(dataset.Rows), int(dataset.Columns)
        frames = int(dataset.get("NumberOfFrames") or 1)
        _check_size(rows * columns * frames * int(dataset.BitsAllocated) // 8, name)
        values, _ = get_decoder(syntax or dataset.original_encoding_uid).as_array(
            dataset, index=frame, raw=True
        )
    except InputError:
        raise
    except Exception as error:  # decoders raise errors of their own
        raise _undecoded(name, syntax, f"{type(error).__name__}: {error}") from error
    if values.shape != (rows, columns):
        raise _undecoded(name, syntax, f"an array of {values.shape} for {rows} x {columns}")
    return values


def _check_size(claimed: int, name: str) -> None:
    if claimed > LARGEST_IMAGE:
        raise InputError(
            f"{name} claims to be too large",
            expected=f"at most {LARGEST_IMAGE // 2**20} MiB of pixels a file",
            got=f"{claimed // 2**20} MiB",
            remedy="take it out; images of one slice have well below 10 MiB",
            code="too-large",
        )


class _Reader:
    """Reads slices; remembers the file read last, which may hold the next frame too."""

    def __init__(self) -> None:
        self._path: Path | None = None
        self._dataset = Dataset()

    def slice(self, header: Header) -> NDArray[Any]:
        """Stored values (rows, columns) of one header."""
        if header.pixel_offset is not None and header.bits in (8, 16, 32):
            return _plain(header)
        if header.path != self._path:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                self._dataset = pydicom.dcmread(header.path)
            self._path = header.path
        values = stored_frame(self._dataset, header.frame, header.path.name)
        if values.shape != (header.rows, header.columns):
            raise _undecoded(header.path.name, header.transfer_syntax, f"an array of {values.shape}")
        return values


def _plain(header: Header) -> NDArray[Any]:
    """Stored values of a file that holds them plainly, little-endian, read from their offset."""
    kind = np.dtype(f"<{'i' if header.signed else 'u'}{header.bits // 8}")
    pixels = np.fromfile(header.path, kind, header.rows * header.columns, offset=header.pixel_offset or 0)
    if pixels.size != header.rows * header.columns:
        raise InputError(
            f"{header.path.name} is cut short",
            expected=f"{header.rows * header.columns} pixels",
            got=str(pixels.size),
            remedy=f"export {header.path} again",
            code="cut-short",
        )
    unused = header.bits - header.bits_stored
    if unused > 0:
        np.left_shift(pixels, unused, out=pixels)
        np.right_shift(pixels, unused, out=pixels)
    return pixels.reshape(header.rows, header.columns)


def _undecoded(name: str, syntax: str, detail: str) -> InputError:
    return InputError(
        f"The pixels of {name} cannot be decoded",
        got=f"transfer syntax {syntax or 'unknown'} with GDCM {gdcm.Version.GetVersion()}: {detail}",
        remedy="export the series uncompressed (Explicit VR Little Endian)",
        code="pixels",
    )
