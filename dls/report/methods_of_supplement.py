"""The methods paragraph on the supplementary results: a sentence and a source for each that is there."""

from __future__ import annotations

from collections.abc import Iterator

from dls.analysis.supplement import Supplement
from dls.report.references import References


def supplement_methods(found: Supplement, references: References) -> str:
    """Multi-reader comparisons, aided reading, time, calibration, net benefit, subgroups; may be empty."""
    return " ".join([*_of_readers(found, references), *_of_probabilities(found, references)])


def _of_readers(found: Supplement, references: References) -> Iterator[str]:
    cite = references.cite
    if found.against_readers:
        yield (
            "The mean of the readers' areas for malignancy was compared with each model's by the "
            f"Obuchowski–Rockette analysis of one treatment {cite('obuchowski', 'hillis')}, in the cases "
            "that all of them rated."
        )
    if found.modalities is not None:
        yield (
            "The readers' areas for malignancy under the conditions of reading were compared by the analysis "
            "of Obuchowski and Rockette with Hillis' degrees of freedom "
            f"{cite('obuchowski', 'hillis-df', 'hillis')}, in the cases that every reader read under all of "
            "them."
        )
    if found.aided is not None:
        yield (
            "Each reader without and with the model's opinion was compared by McNemar's exact test "
            f"{cite('mcnemar')}, by the net reclassification of benign and malignant {cite('nri')}, and by "
            f"the net benefit at a threshold of {found.aided.threshold:g} {cite('decision-curve')}; times by "
            f"the paired t test of their logarithms {cite('log-time')}."
        )
    if found.times:
        yield (
            "Active reading times are geometric means with t intervals of the logarithms, compared by the "
            f"paired t test of these {cite('log-time')}."
        )


def _of_probabilities(found: Supplement, references: References) -> Iterator[str]:
    cite = references.cite
    if found.calibration:
        yield (
            f"Calibration is told by intercept and slope of a logistic recalibration {cite('recalibration')} "
            f"and by the Brier score {cite('brier')}."
        )
    if found.decisions is not None:
        yield (
            "Net benefit for malignancy is that of acting from a threshold on: on a model's probability, or "
            f"on a reader's call {cite('decision-curve')}."
        )
    if found.ways:
        ways = " and ".join(f"{way.first.key}, then {way.second.key}" for way in found.ways)
        yield (
            f"The way of a new patient ({ways}) ends in the benign call of the first model, or in the class "
            "of the second where the first calls malignant."
        )
    if found.subgroups:
        yield (
            "In subgroups the models' areas for malignancy have DeLong's interval "
            f"{cite('delong')} each by itself; no test of a difference between subgroups was made."
        )
