"""What the README says of the shipped models is what their shipped results give."""

from __future__ import annotations

import re

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.stats import binomtest

from dls.analysis.labels import short_label
from dls.demo.results import MODELS_FOLDER, DemoResults
from dls.domain import MODELS
from dls.home import PROGRAM
from dls.nn.calibration import calibration
from dls.nn.package import load_packages
from dls.nn.temperature import calibration_error, reliability_bins, with_temperature
from dls.phantom.cohort import validation_cohort
from dls.stats.delong import auc, compare

README = (PROGRAM / "README.md").read_text()
SECTION = " ".join(README.split("## What the demo models find")[1].split("## Measured")[0].split())
Scored = dict[str, tuple[NDArray[np.float64], NDArray[np.int64]]]


@pytest.fixture(scope="module")
def scored() -> Scored:
    """By model: mean scores (patients, classes) and true class, of the patients that its task applies to."""
    results, patients = DemoResults.load(), validation_cohort()
    assert results.codes.tolist() == [p.code for p in patients]
    found = {}
    for letter, model in MODELS.items():
        groups = results.scores[letter].astype(float)
        means = np.stack([groups[results.patient == i].mean(axis=0) for i in range(len(patients))])
        targets = [model.task.target(p.lesion_class) for p in patients]
        kept = [i for i, target in enumerate(targets) if target is not None]
        found[letter] = means[kept], np.array([targets[i] for i in kept])
    return found


@pytest.mark.parametrize("letter", MODELS)
def test_accuracy_and_areas(scored: Scored, letter: str) -> None:
    scores, truth = scored[letter]
    right, n = int((scores.argmax(axis=1) == truth).sum()), len(truth)
    areas = []
    for index, label in enumerate(MODELS[letter].task.classes):
        if label == "benign":
            continue
        found = auc(truth == index, scores[:, index])
        areas.append(
            f"{short_label(label)} {found.auc:.3f} ({found.interval.low:.3f}–{found.interval.high:.3f})"
        )
    line = f"| {letter} | {right}/{n} ({100 * right / n:.1f} %) | {', '.join(areas)} |"
    assert line in SECTION


def test_delong_and_mcnemar(scored: Scored) -> None:
    told = re.search(
        r"DeLong p: C–D (.*?); E–G (.*?), < 0.0001 and (.*?); F–G (.*?), (.*?) and (.*?) \(", SECTION
    )
    assert told
    pairs = [("C", "D", 1), ("E", "G", 0), ("E", "G", 2), ("F", "G", 0), ("F", "G", 1), ("F", "G", 2)]
    for printed, (a, b, index) in zip(told.groups(), pairs, strict=True):
        p = compare(scored[a][1] == index, scored[a][0][:, index], scored[b][0][:, index]).pvalue
        assert f"{p:.{len(printed) - 2}f}" == printed
    assert compare(scored["E"][1] == 1, scored["E"][0][:, 1], scored["G"][0][:, 1]).pvalue < 0.0001
    truth = scored["C"][1] == 1
    calls = [scored[k][0].argmax(axis=1) == 1 for k in "CD"]
    wording = ("sensitivity {}/{} and {}/{}, exact McNemar p", "specificity {}/{} and {}/{}, p")
    for rows, words in zip((truth, ~truth), wording, strict=True):
        hits = [c[rows] == truth[rows] for c in calls]
        only = [int((hits[i] & ~hits[1 - i]).sum()) for i in (0, 1)]
        counts = [v for h in hits for v in (int(h.sum()), len(h))]
        assert f"{words.format(*counts)} {binomtest(only[0], sum(only)).pvalue:.3f}" in SECTION


def test_calibration_before_and_after_the_temperature(scored: Scored) -> None:
    told = dict(re.findall(r"([A-G]) (0\.\d{3}, 0\.\d{3})", SECTION.split("before and after: ")[1]))
    for letter, package in load_packages(MODELS_FOLDER).items():
        scores, truth = scored[letter]
        fitted = calibration(package)
        assert fitted is not None
        both = (scores, with_temperature(scores, fitted.temperature))
        errors = [calibration_error(reliability_bins(s, truth)) for s in both]
        assert told[letter] == f"{errors[0]:.3f}, {errors[1]:.3f}"
