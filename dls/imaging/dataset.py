"""A whole DICOM object from bytes that come from outside."""

from __future__ import annotations

import warnings
from io import BytesIO

import pydicom
from pydicom.dataset import Dataset
from pydicom.errors import InvalidDicomError

from dls.errors import InputError
from dls.imaging.elements import UNREADABLE


def dataset_of(content: bytes, name: str) -> Dataset:
    """Every element of a file, pixels included; values are converted when they are asked for.

    Parameters
    ----------
    content : the whole file, whose header `headers.headers_in` accepted
    name : of the file, for messages

    Raises
    ------
    InputError
        with code `unreadable-header` when the bytes do not follow the transfer syntax.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of harmless deviations
            return pydicom.dcmread(BytesIO(content))
    except (InvalidDicomError, *UNREADABLE) as error:
        raise InputError(
            f"{name} has elements that cannot be read",
            got=f"{type(error).__name__}: {error}",
            remedy=f"export {name} again",
            code="unreadable-header",
        ) from error
