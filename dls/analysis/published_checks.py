"""Does one printed figure follow from the counts that are printed with it?"""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from decimal import ROUND_HALF_UP, Decimal
from functools import cache
from itertools import combinations_with_replacement, permutations
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import ndtri

from dls.stats.agreement import kappa_of_totals
from dls.stats.mcnemar import mcnemar_counts
from dls.stats.proportions import proportion

Row = dict[Hashable, Any]
"""One printed figure: a record of the published tables."""

_TABLE_OF = {**dict.fromkeys("AB", "1"), **dict.fromkeys("CD", "2"), **dict.fromkeys("EFG", "3")}
_P_DECIMALS = 3
_LARGEST_SHIFT = 12  # cases moved from one answer to another, in the search for a reader's answers
_VARIANTS = {
    "p_exact": "exact",
    "p_mid": "mid-p",
    "p_asymptotic": "chi-square",
    "p_corrected": "chi-square with continuity correction",
}


def prints_as(value: float, printed: str) -> bool:
    """Whether a value, rounded half up to the printed number of decimals, is what is printed."""
    return _rounded(value, _decimals(printed)) == Decimal(printed)


def prints_as_rounded_twice(value: float, printed: str) -> bool:
    """Whether it is printed so after rounding to one decimal more first, as 97.849, 97.85, 97.9."""
    decimals = _decimals(printed)
    return _rounded(float(_rounded(value, decimals + 1)), decimals) == Decimal(printed)


def discordant_pairs(
    printed: str, a_count: int, b_count: int, n: int, variant: str = "p_exact"
) -> tuple[tuple[int, int], ...]:
    """Discordant pairs that give a printed McNemar p, by the number of discordant cases.

    The counts fix only_a - only_b; and no fewer than zero cases can be called correctly by both sides, or by
    neither.  p values are printed to three decimals.

    Parameters
    ----------
    a_count, b_count : cases that either side called correctly, of the same n
    variant : p_exact, p_mid, p_asymptotic or p_corrected

    Returns
    -------
    tuple of (only_a, only_b)
    """
    target = Decimal(printed)
    return tuple(
        (only_a, only_b)
        for only_a, only_b, p in _pvalues(a_count, b_count, n, variant)
        if _rounded(p, _P_DECIMALS) == target
    )


def check_area(row: Row) -> Row:
    """An AUC against the middle of its DeLong interval, which is symmetric unless it is cut at 1."""
    area, low, high = float(row["printed"]), float(row["printed_low"]), float(row["printed_high"])
    midpoint = (low + high) / 2 if high < 1 else None
    holds = midpoint is None or abs(midpoint - area) <= 0.001 + 1e-9  # half a unit each, of value and limits
    reasons = ["the upper limit is cut at 1: nothing to check"] if midpoint is None else []
    reasons += [] if holds else [f"the interval is centred on {midpoint:.4f}"]
    reasons += [row["note"]] if row["note"] else []
    return _named(row) | {
        "printed_low": row["printed_low"],
        "printed_high": row["printed_high"],
        "midpoint": midpoint,
        "reproduced": holds,
        "explanation": "; ".join(reasons),
    }


_MISPLACED = ("2", "Reader consensus")  # its two printed cells belong to other tables


class PrintedCounts:
    """The printed counts of a study, to check figures that need several of them."""

    def __init__(self, printed: pd.DataFrame) -> None:
        records = printed.to_dict("records")
        self._rows = {(r["table"], r["system"], r["target"], r["measure"]): r for r in records}

    def totals(self, table: str, system: str) -> tuple[int, NDArray[np.int64], NDArray[np.int64]] | None:
        """Agreeing cases, class totals (k,) and answer totals (k,) of a system; None where not printed.

        A class's answers are its true positives and the false positives of its specificity.
        """
        classes = [key[2] for key in self._rows if key[:2] == (table, system) and key[3] == "sensitivity"]
        if not classes or (table, system) == _MISPLACED:
            return None
        hits = [self._rows[table, system, name, "sensitivity"] for name in classes]
        rests = [self._rows[table, system, name, "specificity"] for name in classes]
        correct = np.array([r["count"] for r in hits], dtype=np.int64)
        positive = np.array([r["n"] for r in hits], dtype=np.int64)
        false = np.array([r["n"] - r["count"] for r in rests], dtype=np.int64)
        if len(classes) == 1:  # benign against malignant: the negatives are the second class
            negative = np.array([r["n"] for r in rests], dtype=np.int64)
            missed = positive - correct
            agreeing = int(correct[0] + negative[0] - false[0])
            return agreeing, np.r_[positive, negative], np.r_[correct + false, negative - false + missed]
        return int(correct.sum()), positive, correct + false

    def check_rate(self, row: Row) -> Row:
        """A rate in per cent and its Clopper-Pearson limits; an accuracy also by the sum over the classes."""
        result = proportion(int(row["count"]), int(row["n"]))
        values = [100 * result.estimate, 100 * result.interval.low, 100 * result.interval.high]
        printed = [row["printed"], row["printed_low"], row["printed_high"]]
        wrong: list[str] = []
        twice: list[str] = []
        for value, text in zip(values, printed, strict=True):
            if not prints_as(value, text):
                (twice if prints_as_rounded_twice(value, text) else wrong).append(f"{text} for {value:.3f}")
        problems = [f"printed {'; '.join(wrong)}"] if wrong else []
        if (row["table"], row["system"]) == _MISPLACED:
            problems.append("the cell belongs to another table")
        table = _table_of(row["system"])
        totals = self.totals(table, row["system"]) if row["measure"] == "accuracy" else None
        if totals is not None and totals[0] != row["count"]:
            problems.append(
                f"printed for {row['count']}, Table {table} gives {totals[0]} of {row['n']} correct"
            )
        remarks = [f"rounded twice: {'; '.join(twice)}"] if twice else []
        remarks += [row["note"]] if row["note"] else []
        return _named(row) | {
            "printed_low": row["printed_low"],
            "printed_high": row["printed_high"],
            "count": int(row["count"]),
            "n": int(row["n"]),
            "estimate": values[0],
            "low": values[1],
            "high": values[2],
            "reproduced": not problems,
            "explanation": "; ".join(problems + remarks),
        }

    def check_kappa(self, row: Row) -> Row:
        """Kappa, or its z, from the totals of the table in which the system's counts are printed."""
        system, measure = row["system"], row["measure"]
        table = _table_of(system)
        totals = self.totals(table, system)
        recomputed, reasons = None, []
        if totals is not None:
            recomputed = float(kappa_of_totals(*totals)[measure == "kappa z"])
        reproduced = recomputed is not None and prints_as(recomputed, row["printed"])
        if not reproduced:
            given = "no counts by class are printed"
            reasons = [given if recomputed is None else f"Table {table} gives {recomputed:.3f}"]
            reasons.append(self._answers_that_fit(table, system))
        return _named(row) | {
            "recomputed": recomputed,
            "source": f"Table {table}" if totals is not None else "",
            "reproduced": reproduced,
            "explanation": "; ".join(reasons),
        }

    def check_mcnemar(self, row: Row) -> Row:
        """The discordant pairs that give a McNemar p."""
        first, second = row["system"].split(" vs ")
        measure = row["measure"].removeprefix("McNemar p, ")
        a = self._rows[row["table"], first, row["target"], measure]
        b = self._rows[row["table"], second, row["target"], measure]
        a_count, a_n = int(a["count"]), int(a["n"])
        unknown = (row["table"], second) == _MISPLACED
        b_count, b_n = (None, None) if unknown else (int(b["count"]), int(b["n"]))
        pairs: tuple[tuple[int, int], ...] = ()
        needed: dict[int, tuple[tuple[int, int], ...]] = {}
        other, reasons = "", []
        if b_count is None or b_n is None:
            needed = {
                count: found
                for count in range(a_n + 1)
                if (found := discordant_pairs(row["printed"], a_count, count, a_n))
            }
            reasons.append("the consensus count is not printed; " + _needed_text(needed, a_n))
        else:
            tables = list(_comparable(a_count, a_n, b_count, b_n))
            pairs = _pairs_of(row["printed"], tables, "p_exact")
            if not pairs:
                reasons.append(f"no discordant pairs give it, {a_count} of {a_n} against {b_count} of {b_n}")
                variants = {v: _pairs_of(row["printed"], tables, v) for v in _VARIANTS if v != "p_exact"}
                other = ", ".join(f"{_VARIANTS[v]} {_pairs_text(p)}" for v, p in variants.items() if p)
                reasons += [f"but {other} would"] if other else []
        reasons += [row["note"]] if row["note"] else []
        return _named(row) | {
            "a_count": a_count,
            "a_n": a_n,
            "b_count": b_count,
            "b_n": b_n,
            "pairs": pairs,
            "needed": tuple(needed),
            "other": other,
            "reproduced": bool(pairs),
            "explanation": "; ".join(reasons),
        }

    def check_delong(self, row: Row) -> Row:
        """The correlation of two AUCs that their intervals and the p of their difference imply."""
        first, second = (
            self._rows[row["table"], name, row["target"], "AUC"] for name in row["system"].split(" vs ")
        )
        difference = abs(float(first["printed"]) - float(second["printed"]))
        spread = difference / float(-ndtri(float(row["printed"]) / 2))
        a, b = _standard_error(first), _standard_error(second)
        correlation = (a**2 + b**2 - spread**2) / (2 * a * b)
        holds = abs(correlation) <= 1
        reasons = [] if holds else [f"implies a correlation of {correlation:.2f} between the two AUCs"]
        reasons += [row["note"]] if row["note"] else []
        return _named(row) | {
            "correlation": correlation,
            "reproduced": holds,
            "explanation": "; ".join(reasons),
        }

    def _answers_that_fit(self, table: str, system: str) -> str:
        """Whether any distribution of answers gives the printed accuracy, kappa and z together."""
        accuracy = self._rows["4", system, "all", "accuracy"]
        kappa = self._rows["4", system, "all", "kappa"]["printed"]
        z = self._rows["4", system, "all", "kappa z"]["printed"]
        known = self.totals(table, "Model " + {"1": "A", "3": "E"}[table])
        assert known is not None  # both models' counts are printed in full
        classes = tuple(int(n) for n in known[1])
        printed = int(accuracy["count"])
        for correct in (printed, printed + 1, printed - 1):
            answers = answers_giving(classes, correct, kappa, z)
            if answers is not None:
                totals = " + ".join(map(str, answers))
                text = f"{correct} correct, for instance with answers {totals}, would give kappa and z"
                return text if correct == printed else f"not with the printed {printed} correct; {text}"
        return f"nor do other answers with {printed} correct, one more or one less give kappa and z"


def answers_giving(classes: tuple[int, ...], correct: int, kappa: str, z: str) -> tuple[int, ...] | None:
    """Totals of a reader's answers that give a printed kappa and z, the nearest to the class totals.

    Searched: totals that two shifts, of up to 12 cases each from one class to another, make of the class
    totals.  None where none of them fits.

    Parameters
    ----------
    classes : (k,) cases of each class;  correct : correctly answered cases
    """
    totals = np.asarray(classes)
    answers = totals + _shifts(len(classes))
    possible = (answers >= 0).all(axis=1) & (np.minimum(answers, totals).sum(axis=1) >= correct)
    answers = answers[possible]
    kappas, statistics = kappa_of_totals(correct, np.broadcast_to(totals, answers.shape), answers)
    near = np.abs(kappas - float(kappa)) <= 0.51 * 10.0 ** -_decimals(kappa)
    near &= np.abs(statistics - float(z)) <= 0.51 * 10.0 ** -_decimals(z)
    for row in np.flatnonzero(near):
        if prints_as(float(kappas[row]), kappa) and prints_as(float(statistics[row]), z):
            return tuple(int(n) for n in answers[row])
    return None


@cache
def _shifts(k: int) -> NDArray[np.int64]:
    """(m, k) changes of totals by two shifts, the smallest first."""
    unit = np.eye(k, dtype=np.int64)
    moves = [
        size * (unit[i] - unit[j])
        for size in range(1, _LARGEST_SHIFT + 1)
        for i, j in permutations(range(k), 2)
    ]
    single = np.vstack([np.zeros((1, k), dtype=np.int64), *moves])
    first, second = np.array(list(combinations_with_replacement(range(len(single)), 2))).T
    both = np.unique(single[first] + single[second], axis=0)
    return both[np.argsort(np.abs(both).sum(axis=1), kind="stable")]


def _comparable(a_count: int, a_n: int, b_count: int, b_n: int) -> Iterator[tuple[int, int, int]]:
    """Counts of both sides on the same cases, where one side's table leaves some cases out.

    The cases left out may have been right or wrong on the other side; or they count as wrong.
    """
    n, dropped = min(a_n, b_n), abs(a_n - b_n)
    for lost in range(dropped + 1):
        a, b = (a_count - lost, b_count) if a_n > b_n else (a_count, b_count - lost)
        if min(a, b) >= 0 and max(a, b) <= n:
            yield a, b, n
    if dropped:
        yield a_count, b_count, max(a_n, b_n)


def _pairs_of(printed: str, tables: list[tuple[int, int, int]], variant: str) -> tuple[tuple[int, int], ...]:
    found = {pair for a, b, n in tables for pair in discordant_pairs(printed, a, b, n, variant)}
    return tuple(sorted(found, key=sum))


@cache
def _pvalues(a_count: int, b_count: int, n: int, variant: str) -> tuple[tuple[int, int, float], ...]:
    """(only_a, only_b, p) of every split of discordant pairs that the counts allow."""
    most = min(a_count, n - b_count)
    return tuple(
        (only_a, only_b, _p(a_count - only_a, only_a, only_b, n, variant))
        for only_a in range(max(0, a_count - b_count), most + 1)
        if (only_b := only_a - a_count + b_count) >= 0
    )


def _p(both: int, only_a: int, only_b: int, n: int, variant: str) -> float:
    return float(getattr(mcnemar_counts(both, only_a, only_b, n - both - only_a - only_b), variant))


def _standard_error(row: Row) -> float:
    """Of an AUC, from its interval, or from its lower half where the upper one is cut at 1."""
    area, low, high = float(row["printed"]), float(row["printed_low"]), float(row["printed_high"])
    return ((high - low) / 2 if high < 1 else area - low) / float(ndtri(0.975))


def _table_of(system: str) -> str:
    """The table in which a system's counts by class are printed; the seven-way one for readers."""
    return _TABLE_OF.get(system.removeprefix("Model "), "1")


def _named(row: Row) -> Row:
    return {name: row[name] for name in ("table", "system", "target", "measure", "printed")}


def _needed_text(needed: dict[int, tuple[tuple[int, int], ...]], n: int) -> str:
    if not needed:
        return "no count gives it"
    return "it takes " + " or ".join(f"{count} of {n} {_pairs_text(p)}" for count, p in needed.items())


def _pairs_text(pairs: tuple[tuple[int, int], ...]) -> str:
    return "(" + ", ".join(f"{a}:{b}" for a, b in pairs) + ")"


def _decimals(printed: str) -> int:
    return len(printed.partition(".")[2])


def _rounded(value: float, decimals: int) -> Decimal:
    return Decimal(repr(float(value))).quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP)
