"""Every result that the manuscript of a study has, computed once."""

from __future__ import annotations

from dataclasses import dataclass

from dls.analysis.accuracy import AccuracyTable, accuracy_table
from dls.analysis.agreement import AgreementTable, ConfusionMatrix, agreement_table, confusion_matrix
from dls.analysis.cohort import Cohort, cohort
from dls.analysis.conduct import Conduct, conduct
from dls.analysis.dataset import StudyData, load
from dls.analysis.feature_map import FeatureMap, feature_map
from dls.analysis.intra_reader import IntraReader, intra_reader
from dls.analysis.provenance import Provenance, provenance
from dls.analysis.supplement import STEPS, Supplement, supplement
from dls.analysis.system import CONSENSUS
from dls.domain import MODELS, Task
from dls.progress import Progress
from dls.study.store import Store


@dataclass(frozen=True, slots=True)
class ManuscriptResults:
    """Results of a study for print.

    Parameters
    ----------
    accuracy : Tables 1-3, models against the consensus where there is one
    agreement : Table 4, everybody against the same comparator, and the agreement between readers
    intra_reader : agreement of readers with themselves, where the protocol hides repeats
    matrices : of every system in every task that it answers; a reader and the consensus in the seven-way
        task, and in any other that a model is judged in
    maps : stored t-SNE maps
    supplement : further results, each where it is defined
    conduct : what is stored of how the study was run
    """

    provenance: Provenance
    data: StudyData
    cohort: Cohort
    accuracy: tuple[AccuracyTable, ...]
    agreement: AgreementTable
    intra_reader: tuple[IntraReader, ...]
    matrices: tuple[ConfusionMatrix, ...]
    maps: tuple[FeatureMap, ...]
    supplement: Supplement
    conduct: Conduct


def manuscript_results(store: Store, progress: Progress = lambda *_: None) -> ManuscriptResults:
    """Compute everything; takes a few seconds for 201 cases."""
    total = STEPS + 3
    progress(0, total, "Reading the study")
    data = load(store)
    comparator = CONSENSUS if len(data.consensus) else None
    progress(1, total, "Tables 1–4")
    accuracy = tuple(accuracy_table(data, task, comparator) for task in Task)
    agreement = agreement_table(data, comparator=comparator)
    progress(2, total, "Confusion matrices and feature maps")
    matrices = tuple(
        matrix
        for task in Task
        for system in data.systems(task)
        if (matrix := confusion_matrix(data, system, task)).n
    )
    maps = tuple(feature_map(store, letter, "tsne", data.cases) for letter in MODELS)
    further = supplement(store, data, lambda done, _, what: progress(3 + done, total, what))
    progress(total, total, "Results")
    origin = provenance(store)
    return ManuscriptResults(
        provenance=origin,
        data=data,
        cohort=cohort(data),
        accuracy=accuracy,
        agreement=agreement,
        intra_reader=intra_reader(data),
        matrices=matrices,
        maps=tuple(found for found in maps if len(found.points)),
        supplement=further,
        conduct=conduct(store, data, origin.as_of),
    )
