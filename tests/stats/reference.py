"""Reference data and golden values; see tests/data/README.md for where they come from."""

from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd

DATA = Path(__file__).parents[1] / "data"
GOLDEN = Path(__file__).parents[2] / "data" / "golden"


@cache
def asah() -> pd.DataFrame:
    """113 patients: outcome Good or Poor, scores s100b, ndka, wfns."""
    return pd.read_csv(GOLDEN / "asah.csv")


@cache
def vandyke() -> pd.DataFrame:
    """1,140 readings: 5 readers x 2 treatments x 114 cases."""
    return pd.read_csv(GOLDEN / "vandyke.csv")


@cache
def proc() -> dict[tuple[str, str], float]:
    """Values of pROC by (quantity, subject)."""
    frame = pd.read_csv(DATA / "golden" / "proc_asah.csv", comment="#")
    return {(row.quantity, row.subject): float(row.value) for row in frame.itertuples()}


def poor() -> np.ndarray:
    return (asah()["outcome"] == "Poor").to_numpy()


@cache
def r_statistics() -> dict[str, float]:
    """Values of R, psych and boot by name; see golden/reader_statistics.R."""
    frame = pd.read_csv(DATA / "golden" / "reader_statistics.csv")
    return dict(zip(frame["name"], frame["value"].astype(float), strict=True))


@cache
def diagnoses() -> pd.DataFrame:
    """Fleiss 1971: 30 patients x 6 psychiatrists, diagnoses 1-5."""
    return pd.read_csv(GOLDEN / "fleiss1971_diagnoses.csv").drop(columns="patient")


@cache
def vision() -> np.ndarray:
    """Stuart 1955: grades of the right eye (rows) and the left eye (columns) of 7,477 women."""
    long = pd.read_csv(GOLDEN / "vision_stuart1955_table.csv")
    return long.pivot_table(index="r.eye", columns="l.eye", values="Freq", aggfunc="sum").to_numpy()
