"""A study of twelve cases, small enough to count every number of every table by hand.

| case | truth       | A     | B     | reader 11 | reader 12 | consensus |
|------|-------------|-------|-------|-----------|-----------|-----------|
| 1    | cyst        | +     | hem   | +         | +         | +         |
| 2    | cyst        | +     | +     | hem       | +         | +         |
| 3    | cyst        | +     | +     | +         | +         | +         |
| 4    | hemangioma  | +     | +     | +         | +         | +         |
| 5    | hemangioma  | cyst  | cyst  | +         | +         | +         |
| 6    | other benign| +     | +     | +         | +         | +         |
| 7    | HCC         | +     | meta  | +         | +         | +         |
| 8    | HCC         | +     | +     | FNH       | +         | FNH       |
| 9    | HCC         | meta  | meta  | +         | meta      | +         |
| 10   | metastasis  | +     | +     | +         | HCC       | +         |
| 11   | metastasis  | +     | +     | +         | +         | +         |
| 12   | other prim. | +     | +     | -         | +         | -         |

A plus is the truth, a dash no reading yet.  All readings but case 1's are simulated.  Seven-way scores are
0.4 for the class called and 0.1 for the others; there is no case of FNH.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from dls.analysis.dataset import StudyData
from dls.analysis.system import reader
from dls.domain import MODELS, LesionClass, Task

TRUTH = {1: 0, 2: 0, 3: 0, 4: 1, 5: 1, 6: 3, 7: 4, 8: 4, 9: 4, 10: 5, 11: 5, 12: 6}
CALLS: dict[str, dict[int, int]] = {
    "A": {**TRUTH, 5: 0, 9: 5},
    "B": {**TRUTH, 1: 1, 5: 0, 7: 5, 9: 5},
}
READERS: dict[int, dict[int, int]] = {
    11: {k: v for k, v in {**TRUTH, 2: 1, 8: 2}.items() if k != 12},
    12: {**TRUTH, 9: 5, 10: 4},
}
CONSENSUS = {k: v for k, v in {**TRUTH, 8: 2}.items() if k != 12}
MALIGNANT_SCORES = {
    "C": dict(zip(range(1, 13), [0.1, 0.2, 0.1, 0.3, 0.6, 0.2, 0.9, 0.8, 0.7, 0.4, 0.9, 0.8], strict=True)),
    "D": dict(zip(range(1, 13), [0.1, 0.2, 0.1, 0.3, 0.2, 0.2, 0.9, 0.8, 0.7, 0.7, 0.9, 0.8], strict=True)),
}
THREE_WAY = {
    "E": {7: 4, 8: 4, 9: 5, 10: 4, 11: 5, 12: 4},
    "F": {7: 4, 8: 4, 9: 4, 10: 5, 11: 5, 12: 6},
    "G": {7: 4, 8: 4, 9: 4, 10: 5, 11: 5, 12: 5},
}


def tiny_study() -> StudyData:
    """The study of the table above."""
    cases = pd.DataFrame(
        {
            "code": [f"T-{i:02d}" for i in TRUTH],
            "lesion_class": list(TRUTH.values()),
            "reference_standard": ["histopathology" if c >= 4 else "follow-up" for c in TRUTH.values()],
            "lesion_mm": [10.0 * i for i in TRUTH],
            "scanner": ["vendor 1, 1.5 T" if i % 2 else "vendor 2, 3 T" for i in TRUTH],
            "image_source": "import",
            "patient": list(TRUTH),
        },
        index=pd.Index(TRUTH, name="case_id"),
    )
    return StudyData(
        cases=cases,
        scores=_scores(),
        readers=tuple(reader(i, f"Reader {i - 10}") for i in READERS),
        readings=_readings(),
        consensus=pd.DataFrame(
            [
                {
                    "case_id": i,
                    "lesion_class": c,
                    "mode": "joint" if i == 8 else "unanimous",
                    "reason": "",
                    "seconds": 0.0,
                    "simulated": i > 1,
                }
                for i, c in CONSENSUS.items()
            ]
        ),
    )


def two_patients_of_two() -> StudyData:
    """The study in which cases 1 and 7 are lesions of one patient, 8 and 9 of another."""
    data = tiny_study()
    whose = data.cases["patient"].replace({7: 1, 9: 8})
    return replace(data, cases=data.cases.assign(patient=whose))


def _scores() -> dict[str, pd.DataFrame]:
    frames = {letter: _one_hot(calls, Task.SEVEN_WAY, 0.4) for letter, calls in CALLS.items()}
    for letter, malignant in MALIGNANT_SCORES.items():
        column = pd.Series(malignant)
        frames[letter] = pd.DataFrame({"benign": 1 - column, "malignant": column})
    frames |= {letter: _one_hot(calls, Task.MALIGNANT_THREE_WAY, 0.6) for letter, calls in THREE_WAY.items()}
    assert {letter: tuple(f.columns) for letter, f in frames.items()} == {
        k: m.task.classes for k, m in MODELS.items()
    }
    return {letter: frame.rename_axis("case_id") for letter, frame in frames.items()}


def _one_hot(calls: dict[int, int], task: Task, top: float) -> pd.DataFrame:
    k = len(task.classes)
    values = np.full((len(calls), k), (1 - top) / (k - 1))
    for row, called in enumerate(calls.values()):
        values[row, task.classes.index(LesionClass(called).label)] = top
    return pd.DataFrame(values, index=list(calls), columns=list(task.classes))


def _readings() -> pd.DataFrame:
    return pd.DataFrame(
        [
            {
                "reading_id": 100 * reader + case,
                "reader_id": reader,
                "reader": f"Reader {reader - 10}",
                "session": 1,
                "case_id": case,
                "lesion_class": called,
                "malignancy": 80.0 if called >= 4 else 20.0,
                "ranking": "",
                "comment": "",
                "active_seconds": 30.0,
                "wall_seconds": 40.0,
                "simulated": case > 1,
                "revision": 1,
            }
            for reader, calls in READERS.items()
            for case, called in calls.items()
        ]
    )
