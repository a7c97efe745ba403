"""What a study shows beyond Tables 1-4: every result is there only where the data define it."""

from __future__ import annotations

from dataclasses import dataclass, replace

from dls.analysis.accuracy import MALIGNANT
from dls.analysis.aided import AidedStudy, aided_study
from dls.analysis.calibrated import (
    DecisionStudy,
    SystemCalibration,
    calibrated_systems,
    decision_study,
    system_calibration,
)
from dls.analysis.dataset import StudyData
from dls.analysis.reader_comparison import (
    ModelAgainstReaders,
    modality_comparison,
    model_against_readers,
)
from dls.analysis.reading_times import ReaderTime, reading_times
from dls.analysis.study_filter import StudyFilter
from dls.analysis.subgroup_accuracy import Measure, Question, SubgroupStudy, subgroup_study
from dls.analysis.system import Kind, System
from dls.analysis.undefined import Undefined
from dls.analysis.workflow import Workflow, workflows
from dls.domain import Task
from dls.progress import Progress
from dls.stats.mrmc import MrmcResult
from dls.study.protocol import protocol
from dls.study.store import Store

STEPS = 5


@dataclass(frozen=True, slots=True)
class Supplement:
    """Further results of a study.

    Parameters
    ----------
    against_readers : each model that judges malignancy against the mean of the readers
    modalities : the readers' conditions of reading against each other; None where there is one
    aided : readers without and with the model's opinion; None where nobody has both readings of a case
    times : of every reader; empty where no time was measured
    calibration : of every system that gives probabilities
    decisions : net benefit of acting on an opinion of malignancy; None where there is no model's
    subgroups : area for malignancy of each model that judges it, in every subgroup
    ways : of a new patient through the models, D and then G or F
    """

    against_readers: tuple[ModelAgainstReaders, ...] = ()
    modalities: MrmcResult | None = None
    aided: AidedStudy | None = None
    times: tuple[ReaderTime, ...] = ()
    calibration: tuple[SystemCalibration, ...] = ()
    decisions: DecisionStudy | None = None
    subgroups: tuple[SubgroupStudy, ...] = ()
    ways: tuple[Workflow, ...] = ()


def supplement(store: Store, data: StudyData, progress: Progress = lambda *_: None) -> Supplement:
    """Compute all of it.

    Parameters
    ----------
    data : the whole study, as `load` gives it
    """
    models = tuple(s for s in data.judges_of_malignancy() if s.kind is Kind.MODEL)
    progress(0, STEPS, "Models against the readers")
    against = tuple(model_against_readers(data, model) for model in models)
    progress(1, STEPS, "Conditions of reading")
    modalities, aided = modality_comparison(store, data), _aided(store, data)
    progress(2, STEPS, "Calibration")
    calibration = tuple(system_calibration(data, s, task) for s, task in calibrated_systems(data))
    progress(3, STEPS, "Decision curves")
    decisions = decision_study(data, models[0]) if models else None
    progress(4, STEPS, "Subgroups")
    subgroups = tuple(_subgroups(data, model) for model in models)
    times = reading_times(data)
    return Supplement(
        against_readers=tuple(a for a in against if not isinstance(a.result, Undefined)),
        modalities=None if isinstance(modalities, Undefined) else modalities,
        aided=aided,
        times=times if any(len(t.seconds) for t in times) else (),
        calibration=tuple(found for found in map(_defined_classes, calibration) if found.classes),
        decisions=decisions if decisions is not None and _has_curve(decisions) else None,
        subgroups=tuple(s for s in subgroups if not isinstance(s.rows[0].value, Undefined)),
        ways=tuple(way for way in workflows(data) if way.cells),
    )


def _aided(store: Store, data: StudyData) -> AidedStudy | None:
    if not protocol(store).shows_opinion:
        return None
    found = aided_study(store, within=data)
    return found if any(r.n for r in found.readers) else None


def _defined_classes(found: SystemCalibration) -> SystemCalibration:
    """Without the classes of which no probability or no outcome is known."""
    return replace(found, classes=tuple(c for c in found.classes if not isinstance(c.found, Undefined)))


def _has_curve(found: DecisionStudy) -> bool:
    return any(not isinstance(d.curve, Undefined) for d in found.decisions if not d.by_calls)


def _subgroups(data: StudyData, model: System) -> SubgroupStudy:
    question = Question(model, Task.BENIGN_MALIGNANT, MALIGNANT, Measure.AUC)
    return subgroup_study(data, question, StudyFilter())
