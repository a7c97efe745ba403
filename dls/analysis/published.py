"""The published study's Tables 1-4 beside what their own counts give.

Every rate, kappa and z is recomputed from counts; every McNemar p is turned round: which discordant pairs
would give it?  What cannot be reproduced is kept, with the reason.  AUCs and DeLong p values need the
patients' scores, which are not public; they are only checked for what must hold between printed figures.

Source: Zhen et al., Front Oncol 2020;10:680, doi 10.3389/fonc.2020.00680; data/published/zhen2020_tables.csv.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from dls.analysis.published_checks import PrintedCounts, check_area
from dls.errors import InputError
from dls.home import PROGRAM

PUBLISHED_TABLES = PROGRAM / "data" / "published" / "zhen2020_tables.csv"

_COLUMNS = ["table", "system", "target", "measure"]
_COLUMNS += ["printed", "printed_low", "printed_high", "count", "n", "note"]


@dataclass(frozen=True, slots=True)
class PublishedStudy:
    """The published figures, recomputed: a frame for each kind of figure, a row for each printed figure.

    Every frame has table, system, target, measure, printed (text), explanation, and `reproduced`: whether
    the figure follows from the counts, or, for `areas` and `delong`, whether it contradicts no other figure.

    Attributes
    ----------
    rates : and printed_low, printed_high (text), count, n, estimate, low, high (per cent, Clopper-Pearson)
    kappas : and recomputed (None where no counts are printed), source of the counts
    mcnemar : and a_count, a_n, b_count, b_n (None where not printed), pairs: the (only_a, only_b) within
        these counts that give the p by the exact test, needed: counts of b that would allow it where b is
        not printed, other: variants of the test that give it where the exact one does not
    areas : and printed_low, printed_high (text), midpoint (None where the upper limit is cut at 1)
    delong : and correlation, which the printed p and intervals imply for the two AUCs
    """

    rates: pd.DataFrame
    kappas: pd.DataFrame
    mcnemar: pd.DataFrame
    areas: pd.DataFrame
    delong: pd.DataFrame

    @property
    def summary(self) -> pd.DataFrame:
        """One row for each kind of figure: how many are printed, and how many of them hold."""
        frames = {
            "rates with intervals": self.rates,
            "kappa and z": self.kappas,
            "McNemar p": self.mcnemar,
            "AUC with interval (only checked)": self.areas,
            "DeLong p (only checked)": self.delong,
        }
        rows = {name: [len(f), int(f["reproduced"].sum())] for name, f in frames.items()}
        return pd.DataFrame.from_dict(rows, orient="index", columns=["printed", "reproduced"])


def load_published(path: Path = PUBLISHED_TABLES) -> pd.DataFrame:
    """The printed tables, their figures kept as the text that is printed.

    Returns
    -------
    frame with table, system, target, measure, printed, printed_low, printed_high (text, "" where there is
    none), count, n (Int64, NA where there is none), note

    Raises
    ------
    InputError
        when the file is missing or has other columns.
    """
    if not path.is_file():
        raise InputError("The published tables are missing", expected=str(path), remedy="restore the file")
    frame = pd.read_csv(path, comment="#", dtype=str, keep_default_na=False)
    if list(frame.columns) != _COLUMNS:
        raise InputError(
            "The published tables have other columns",
            expected=", ".join(_COLUMNS),
            got=", ".join(frame.columns),
        )
    for name in ("count", "n"):
        frame[name] = pd.to_numeric(frame[name].replace("", None)).astype("Int64")
    return frame


def recompute_published(published: pd.DataFrame | None = None) -> PublishedStudy:
    """Recompute every figure of the published tables.

    Parameters
    ----------
    published : frame as from `load_published`; the committed tables if not given
    """
    printed = load_published() if published is None else published
    counts = PrintedCounts(printed)
    measure = printed["measure"]
    kinds = {
        "rates": (measure.isin(["sensitivity", "specificity", "accuracy"]), counts.check_rate),
        "kappas": (measure.isin(["kappa", "kappa z"]), counts.check_kappa),
        "mcnemar": (measure.str.startswith("McNemar"), counts.check_mcnemar),
        "areas": (measure == "AUC", check_area),
        "delong": (measure == "DeLong p", counts.check_delong),
    }
    return PublishedStudy(
        **{
            kind: pd.DataFrame([check(row) for row in printed[chosen].to_dict("records")])
            for kind, (chosen, check) in kinds.items()
        }
    )
