import shutil
from concurrent.futures import Future
from pathlib import Path
from typing import Any

import pytest

from dls.errors import InputError
from dls.nn.case_saliency import case_saliency
from dls.nn.saliency import SaliencyMethod
from dls.study.store import Store
from dls.ui import context, job_queue, saliency


class Worker:
    """Notes what it was given, and writes the record that shows that the result is there."""

    def __init__(self, made: Path) -> None:
        self.made, self.jobs = made, []

    def submit(self, function: Any, *args: Any, **kwargs: Any) -> Future[None]:
        self.jobs.append((function, args, kwargs))
        self.made.mkdir(parents=True)
        (self.made / "saliency.json").write_text("{}")
        done: Future[None] = Future()
        done.set_result(None)
        return done


@pytest.fixture
def worker(study_store: Store, monkeypatch: pytest.MonkeyPatch) -> Worker:
    home = context.home()
    (home / "models" / "A").mkdir(parents=True)
    made = Worker(home / "saliency" / "2" / ("ab" * 6))
    package = type("Package", (), {"sha256": "ab" * 32, "classes": ("cyst", "HCC")})
    monkeypatch.setattr(saliency, "load_package", lambda folder: package)
    monkeypatch.setattr(job_queue, "worker", lambda: made)
    return made


def test_it_is_computed_once_with_the_clinical_record(worker: Worker, study_store: Store) -> None:
    for _ in range(2):
        assert saliency.ensure_saliency(2, "A") == worker.made
    [(function, args, kwargs)] = worker.jobs
    home = context.home()
    assert function is case_saliency
    assert args == (home / "models" / "A", home / "images", home / "saliency", 2)
    assert kwargs == {
        "clinical": study_store.case(2).clinical,
        "target": None,
        "method": SaliencyMethod.GRADIENT,
    }


def test_a_class_the_model_does_not_have(worker: Worker) -> None:
    with pytest.raises(InputError, match="no such class"):
        saliency.ensure_saliency(2, "A", "abscess")
    assert worker.jobs == []


@pytest.mark.parametrize("letter", ["B", "..", "A/../A", "."])
def test_models_that_are_not_there(worker: Worker, letter: str) -> None:
    with pytest.raises(InputError, match="no such model"):
        saliency.ensure_saliency(2, letter)
    shutil.rmtree(context.home() / "models")
    with pytest.raises(InputError, match="no such model"):
        saliency.ensure_saliency(2, "A")
