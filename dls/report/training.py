"""The training report of a model: curves, fold table, confusion matrix, calibration, on one page of HTML.

Everything in it comes from the model's package, so that it can be made again from the package alone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

import numpy as np

from dls.analysis.printed import Cell, PrintedTable, Row, Section
from dls.figures.html_table import html_table
from dls.figures.training import (
    Course,
    ReliabilityPoint,
    reliability_diagram,
    training_curves,
    unseen_confusion,
)

PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>{title}</title>
<style>body {{font-family: Inter, 'Helvetica Neue', Arial, sans-serif; color: #1F2933; max-width: 1080px;
  margin: 32px auto; padding: 0 24px;}} h2 {{margin-top: 36px; font-size: 18px;}}</style></head>
<body><h1>{title}</h1>{body}</body></html>
"""
Json = Mapping[str, Any]


def training_report(name: str, classes: Sequence[str], provenance: Json, metrics: Json) -> str:
    """The report as one HTML file that needs nothing from the network.

    Parameters
    ----------
    name : of the model, such as "Model A"
    classes : its outputs
    provenance, metrics : of its package
    """
    parts = [_settings(provenance, metrics)]
    chosen = metrics.get("selection", {}).get("epochs")
    parts += ["<h2>Course</h2>", _drawn(training_curves(courses(metrics), chosen), first=True)]
    if folds := metrics.get("cross_validation"):
        parts += ["<h2>Folds</h2>", html_table(fold_table(folds, classes))]
    if "confusion" in metrics:
        parts += [
            "<h2>Unseen patients</h2>",
            _drawn(unseen_confusion(classes, np.array(metrics["confusion"]))),
        ]
    if "calibration" in metrics:
        parts += ["<h2>Calibration</h2>", f"<p>{escape(calibration_words(metrics['calibration']))}</p>"]
        parts += [_drawn(calibration_figure(metrics["calibration"]))]
    return PAGE.format(title=escape(f"{name}: training report"), body="\n".join(parts))


def courses(metrics: Json) -> list[Course]:
    """Courses of the folds and of the final training, as the package keeps them."""
    training = metrics.get("training", {})
    found = [
        Course(f"fold {i}", **{key: tuple(values) for key, values in fold.items()})
        for i, fold in enumerate(training.get("folds", []), start=1)
    ]
    loss, accuracy = training.get("loss", []), training.get("accuracy", [])
    return [*found, Course("all patients", range(1, len(loss) + 1), loss, accuracy)]


def fold_table(folds: Sequence[Json], classes: Sequence[str]) -> PrintedTable:
    """A column a fold, and mean and standard deviation over them (n - 1 in the denominator)."""
    overall = (("Accuracy", lambda f: f["accuracy"]), ("Log loss", lambda f: f["log_loss"]))
    sections = [Section("", tuple(_row(label, [read(f) for f in folds]) for label, read in overall))]
    for key, heading in (("auc", "AUC"), ("sensitivity", "Sensitivity"), ("specificity", "Specificity")):
        measured = [name for name in classes if all(name in f[key] for f in folds)]
        rows = tuple(_row(name, [f[key][name] for f in folds]) for name in measured)
        sections.append(Section(f"{heading}, one class against the rest", rows))
    unseen = [name for name in classes if not any(name in f["auc"] for f in folds)]
    without = (f"No patient had {', '.join(unseen)}: neither AUC nor sensitivity.",) if unseen else ()
    heads = [Cell(f"Fold {i}", f"{f['patients']} patients") for i, f in enumerate(folds, start=1)]
    return PrintedTable(
        "folds",
        "Cross-validation by patient",
        (*heads, Cell("Mean ± SD", f"{sum(f['patients'] for f in folds)} patients")),
        tuple(sections),
        (f"Each network after epoch {folds[0]['epoch']}, on the patients that it had not seen.", *without),
    )


def _row(label: str, values: Sequence[float]) -> Row:
    spread = f" ± {np.std(values, ddof=1):.3f}" if len(values) > 1 else ""
    cells = [Cell(f"{value:.3f}") for value in values]
    return Row(label, (*cells, Cell(f"{np.mean(values):.3f}{spread}")))


def calibration_words(calibration: Json) -> str:
    """Temperature and what it changes, in a sentence."""
    error, loss = calibration["calibration_error"], calibration["log_loss"]
    return (
        f"Temperature {calibration['temperature']:.3f}, fitted on {calibration['patients']} unseen patients: "
        f"expected calibration error {error[0]:.3f} before and {error[1]:.3f} after, "
        f"log loss {loss[0]:.3f} and {loss[1]:.3f}. Method: {calibration['method']} "
        f"({calibration['reference']})."
    )


def calibration_figure(calibration: Json) -> Any:
    """Reliability diagram before and after."""
    before, after = ([ReliabilityPoint(**b) for b in bins] for bins in calibration["bins"])
    return reliability_diagram(before, after, calibration["temperature"])


def _settings(provenance: Json, metrics: Json) -> str:
    cohort, config = provenance["cohort"], provenance["configuration"]
    counted = ", ".join(f"{name} {n}" for name, n in cohort["classes"].items())
    words = [
        f"Trained on {cohort['patients']} patients with {cohort['groups']} image groups ({counted}); "
        f"date: {provenance['trained_on'] or 'not given'}.",
        f"Configuration {config['name']}: {config['backbone']}, {provenance.get('epochs', config['epochs'])} "
        f"epochs, batches of {config['batch_size']}, learning rate {config['learning_rate']}, "
        f"seed {config['seed']}.",
        "Software: " + ", ".join(f"{name} {number}" for name, number in provenance["versions"].items()) + ".",
    ]
    tried = metrics.get("selection", {}).get("tried", [])
    if len(tried) > 1:
        words += [
            f"Tried {t['setting']}: log loss {t['log_loss']:.4f} after {t['epochs']} epochs." for t in tried
        ]
    return "".join(f"<p>{escape(sentence)}</p>" for sentence in words)


def _drawn(figure: Any, *, first: bool = False) -> str:
    """The figure with its own data; the first one carries the drawing program for all."""
    return str(figure.to_html(full_html=False, include_plotlyjs=first, config={"displaylogo": False}))
