"""Values as floats, checked: what is missing is NaN, and what is no number is refused."""

from __future__ import annotations

from numbers import Real
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from dls.errors import StatisticsError


def as_numbers(values: Any, name: str) -> NDArray[np.float64]:
    """Floats in the shape given; None, NaN and NA are NaN.

    Raises
    ------
    StatisticsError
        when a value is text, a date, a complex number or anything else that is no real number.
    """
    raw = np.asarray(values)
    if raw.dtype.kind in "biuf":
        return raw.astype(np.float64)
    missing = np.asarray(pd.isna(raw))
    mixed = raw.dtype.kind == "O"
    strays = [value for value in raw[~missing] if not (mixed and isinstance(value, Real))]
    if strays:
        raise StatisticsError(
            f"`{name}` holds a value that is no number",
            expected="numbers, missing ones as NaN or None",
            got=repr(strays[0]),
            remedy="convert the values to numbers",
        )
    return np.where(missing, np.nan, raw).astype(np.float64)
