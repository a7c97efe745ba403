"""Every number of a report of many cases, computed again from the study's export."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pandas as pd

from dls.analysis.manuscript import manuscript_results
from dls.domain import MODELS, LesionClass
from dls.report.study_report import numbers
from dls.study.consensus import decide, queue
from dls.study.export import export
from dls.study.reading import Entry, sign, worklist
from dls.study.store import Store
from tests.browser.recomputed import Exported, recomputed
from tests.browser.recomputed_supplement import recomputed_supplement
from tests.study.tiny_study import tiny_study

CASES, READERS = 42, 3


def read_study(path: Path) -> Store:
    """Readers and models that are right more often than not, by lot."""
    store = tiny_study(path, cases=CASES, readers=READERS)
    lots, truth = np.random.default_rng(7), store.cases()["lesion_class"]
    for letter, spec in MODELS.items():
        own = [(i, spec.task.target(LesionClass(c))) for i, c in truth.items()]
        rows = []
        for _, target in own:
            pull = lots.normal(size=len(spec.task.classes))
            pull[0 if target is None else target] += 1.0
            rows.append(np.exp(pull) / np.exp(pull).sum())
        store.add_predictions(letter, f"{ord(letter):064x}", [i for i, _ in own], [0] * len(own), rows)
    for reader in range(1, READERS + 1):
        for one in worklist(store, reader):
            right = lots.random() < 0.5 + 0.1 * reader
            called = LesionClass(truth[one.case_id] if right else lots.integers(7))
            sure = float(np.clip(lots.normal(70 if called >= 4 else 30, 20), 0, 100).round())
            seconds = float(lots.uniform(5, 60)) if lots.random() > 0.1 else 0.0
            sign(store, reader, one.code, Entry(called, sure, active_seconds=seconds, wall_seconds=60))
    for waiting in queue(store):
        decide(store, waiting.case_id, LesionClass(lots.integers(7)))
    return store


def test_every_number_is_the_one_computed_from_the_export(tmp_path: Path) -> None:
    store = read_study(tmp_path / "study.db")
    shown = numbers(manuscript_results(store))
    export(store, tmp_path / "export.zip")
    study = Exported((tmp_path / "export.zip").read_bytes(), threshold=0.5)
    wanted = recomputed(study) | recomputed_supplement(study)
    table = pd.read_csv(io.StringIO(shown.to_csv(index=False)), dtype={"table": str})
    found = {tuple(row[:4]): row[4:7] for row in table.itertuples(index=False, name=None)}
    assert len(found) == len(table)
    assert found.keys() == wanted.keys()
    assert len({key[0] for key in found}) == 9
    for key, values in wanted.items():
        np.testing.assert_allclose(found[key], values, rtol=1e-9, atol=1e-9, err_msg=str(key))
