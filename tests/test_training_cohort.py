"""Cases of a study as a file to train on: who is in, who is left out, who is refused."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from dls import clinical
from dls.cli import groups as command
from dls.clinical import ClinicalRecord
from dls.domain import MODELS
from dls.errors import InputError
from dls.imaging.archive import ImageArchive
from dls.imaging.preprocess import archived_groups
from dls.imaging.regions import Regions
from dls.nn.config import PAPER
from dls.nn.cross_validation import fold_jobs
from dls.nn.data import GroupSet
from dls.study import imports, outlines
from dls.study.exclusions import exclude
from dls.study.freezing import freeze, frozen_patients
from dls.study.protocol import Protocol, amend, create_study
from dls.study.store import Store
from dls.training_cohort import make_training_cohort
from tests.cli.command import run
from tests.imaging.test_archive import OUTLINE, volumes
from tests.study.test_patients import delivered
from tests.study.tiny_study import new_case, tiny_study

SIZE = 16


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """Two cases complete, one drawn on only in the database, one with T2 alone, one without images."""
    store = tiny_study(tmp_path / "study.db", cases=5, assigned=False)
    archive = ImageArchive(tmp_path / "images")
    archive.put(1, volumes(), OUTLINE)
    archive.put(2, volumes(9), OUTLINE)
    archive.put(3, volumes(5), None)
    outlines.save(store, 3, Regions.of_outline(OUTLINE).to_record(), after=0)
    archive.put(4, dict(list(volumes().items())[:1]), OUTLINE)
    return store


def test_the_file_holds_what_the_models_will_see(
    store: Store, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "out" / "cohort.npz"
    assert run(command, "groups", str(path), "--size", str(SIZE), "--home", str(tmp_path)) == 0
    said = capsys.readouterr()
    assert "left out V-004" in said.err
    assert "left out V-005" in said.err
    made, archive = GroupSet.load(path), ImageArchive(tmp_path / "images")
    assert said.out == f"{path}: 3 patients, {len(made.patient)} image groups; 2 left out\n"
    assert made.codes.tolist() == ["V-001", "V-002", "V-003"]
    assert made.lesion_class.tolist() == [int(store.case(i).lesion_class) for i in (1, 2, 3)]
    for index, case_id in enumerate((1, 2, 3)):
        seen = archived_groups(archive, case_id, SIZE).pixels.astype(np.float16)
        np.testing.assert_array_equal(made.pixels[made.patient == index], seen)
        record = ClinicalRecord.from_dict(store.case(case_id).clinical)
        np.testing.assert_array_equal(made.clinical[index], clinical.encode(record))


def test_lesions_of_a_patient_are_never_on_both_sides_of_a_fold(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    store, archive = (
        tiny_study(tmp_path / "study.db", cases=9, assigned=False),
        ImageArchive(tmp_path / "images"),
    )
    for case_id in range(1, 10):
        archive.put(case_id, volumes(case_id), OUTLINE)
    for delivery, lesions in {"a": (1, 5), "b": (2, 3, 8)}.items():
        for lesion, case_id in enumerate(lesions, start=1):
            imports.add(store, delivered(delivery, lesion), case_id=case_id)
    path = tmp_path / "cohort.npz"
    assert run(command, "groups", str(path), "--size", str(SIZE), "--home", str(tmp_path)) == 0
    assert ": 6 patients with 9 lesions, " in capsys.readouterr().out
    made = GroupSet.load(path)
    assert made.person is not None
    assert made.person.tolist() == [1, 2, 2, 4, 1, 6, 7, 2, 9]
    spec, parted = MODELS["D"], False
    cohort, target = made.for_task(spec.task)
    for seed in range(10):
        config = replace(PAPER, folds=2, search={}, seed=seed)
        for job in fold_jobs(spec, target, config, cohort.person):
            assert set(made.person[list(job.seen or ())]).isdisjoint(made.person[list(job.unseen or ())])
        for job in fold_jobs(spec, target, config):
            parted |= bool(set(made.person[list(job.seen or ())]) & set(made.person[list(job.unseen or ())]))
    assert parted


def test_nobody_is_trained_on_whose_other_lesion_a_frozen_study_analyses(
    store: Store, tmp_path: Path
) -> None:
    imports.add(store, delivered("a"), case_id=1)
    plan = Protocol(readers=(1,))
    reading = Store(store.path, study_id=create_study(store, "Reading", plan))
    other = imports.add(reading, delivered("a", 2), case=new_case(6)).case_id
    imports.add(reading, delivered("b"), case=new_case(7))
    archive, path = ImageArchive(tmp_path / "images"), tmp_path / "cohort.npz"
    assert make_training_cohort(store, archive, path, SIZE).patients == 3
    freeze(reading)
    assert frozen_patients(store) == {1, 7}
    path.unlink()
    with pytest.raises(InputError, match=r"a frozen study analyses a case.*1 such cases: V-001"):
        make_training_cohort(store, archive, path, SIZE)
    assert not path.exists()
    amend(reading, plan, reason="the lesion is another's")
    exclude(reading, other, "another patient's lesion")
    assert frozen_patients(store) == {7}
    assert make_training_cohort(store, archive, path, SIZE).lesions == 3


def test_what_cannot_be_trained_on_is_refused(store: Store, tmp_path: Path) -> None:
    archive, path = ImageArchive(tmp_path / "images"), tmp_path / "cohort.npz"
    assert frozen_patients(store) == set()
    freeze(store)
    assert frozen_patients(store) == {1, 2, 3, 4, 5}
    with pytest.raises(InputError, match="5 such cases: V-001"):
        make_training_cohort(store, archive, path, SIZE)
    bare = tiny_study(tmp_path / "bare.db", cases=3, assigned=False)
    with pytest.raises(InputError, match="3 × No images"):
        make_training_cohort(bare, ImageArchive(tmp_path / "none"), path, SIZE)
    other = Store(store.path, study_id=create_study(store, "Training", Protocol(readers=(1,))))
    with pytest.raises(InputError, match="a study without cases"):
        make_training_cohort(other, archive, path, SIZE)
    assert not path.exists()
