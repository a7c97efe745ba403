"""Reference data and golden values; see tests/data/README.md for where they come from."""

from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd

DATA = Path(__file__).parents[1] / "data"


@cache
def asah() -> pd.DataFrame:
    """113 patients: outcome Good or Poor, scores s100b, ndka, wfns."""
    return pd.read_csv(DATA / "asah.csv")


@cache
def vandyke() -> pd.DataFrame:
    """1,140 readings: 5 readers x 2 treatments x 114 cases."""
    return pd.read_csv(DATA / "vandyke.csv")


@cache
def proc() -> dict[tuple[str, str], float]:
    """Values of pROC by (quantity, subject)."""
    frame = pd.read_csv(DATA / "golden" / "proc_asah.csv", comment="#")
    return {(row.quantity, row.subject): float(row.value) for row in frame.itertuples()}


def poor() -> np.ndarray:
    return (asah()["outcome"] == "Poor").to_numpy()
