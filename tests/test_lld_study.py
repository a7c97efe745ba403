"""From a folder of LLD-MMRI to a study and a file to train on."""

from pathlib import Path

import numpy as np
import pytest

from dls import lld_study
from dls.domain import Sequence
from dls.errors import InputError
from dls.imaging.archive import ImageArchive
from dls.imaging.lld import read_dataset
from dls.imaging.lld_volumes import load_case
from dls.imaging.preprocess import archived_groups, case_groups
from dls.lld_study import held_out, make_lld_study
from dls.nn.data import GroupSet
from dls.study import outlines
from dls.study.accounts import Role, accounts, add_account
from dls.study.audit import verify
from dls.study.database import CHEAP_PASSWORDS
from dls.study.protocol import protocol, title
from dls.study.store import Store
from tests.imaging.lld_folder import Patient, write_challenge, write_copy
from tests.imaging.test_lld import PATIENTS

MORE = [Patient(f"MR{n}", n % 2 * 6) for n in range(1, 9)]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_challenge(tmp_path_factory.mktemp("lld"), PATIENTS)


def test_the_study_and_the_training_groups(folder: Path, tmp_path: Path) -> None:
    report = make_lld_study(folder, tmp_path, size=32)
    assert (report.cases, report.training, report.accounts) == (1, 2, (*lld_study.READERS, "investigator"))
    assert set(report.excluded) == {"MR2603", "MR3573", "MR17022", "MR17217"}
    assert "repeats slices" in report.excluded["MR17217"]
    assert list(report.remarks) == ["MR398189"]
    store = Store(tmp_path / "study.db")
    assert title(store) == "LLD-MMRI"
    assert len(protocol(store).readers) == 3
    cases = store.cases()
    assert cases["code"].tolist() == ["MR104842"]
    assert cases["lesion_mm"].iloc[0] == pytest.approx(44, abs=6)
    assert verify(store).ok
    made = GroupSet.load(report.path)
    assert made.codes.tolist() == ["MR398189", "MR13219"]
    assert made.lesion_class.tolist() == [1, 6]
    assert len(made.pixels) == report.groups
    assert made.pixels.shape[1:] == (32, 32, 6)


def test_training_and_prediction_see_the_same_pixels(folder: Path, tmp_path: Path) -> None:
    report = make_lld_study(folder, tmp_path, size=32)
    by_patient = {c.patient: c for c in read_dataset(folder).cases}
    images = load_case(by_patient["MR398189"])
    direct = case_groups(images.volumes, images.regions, 32).pixels
    made = GroupSet.load(report.path)
    np.testing.assert_array_equal(made.pixels[made.patient == 0], direct.astype(np.float16))
    images = load_case(by_patient["MR104842"])
    archived = archived_groups(ImageArchive(tmp_path / "images"), 1, 32)
    np.testing.assert_array_equal(archived.pixels, case_groups(images.volumes, images.regions, 32).pixels)


def test_shifts_are_recorded_in_the_study(folder: Path, tmp_path: Path) -> None:
    make_lld_study(folder, tmp_path, size=32)
    drawn = outlines.newest(Store(tmp_path / "study.db"), 1)
    assert drawn is not None
    np.testing.assert_allclose(drawn.content["shifts"]["portal"], (2, -4, 9), atol=3.6)
    archive = ImageArchive(tmp_path / "images")
    assert archive.regions(1).shift(Sequence.PORTAL) == tuple(drawn.content["shifts"]["portal"])


@pytest.mark.parametrize(
    ("where", "name"),
    [(lld_study, "create_study"), (lld_study, "save_regions"), (ImageArchive, "put_regions")],
)
def test_broken_off_and_run_again_gives_the_same(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, where: object, name: str
) -> None:
    whole = make_lld_study(folder, tmp_path / "whole", size=32)

    def killed(*given: object, **named: object) -> int:
        raise KeyboardInterrupt

    monkeypatch.setattr(where, name, killed)
    with pytest.raises(KeyboardInterrupt):
        make_lld_study(folder, tmp_path / "again", size=32)
    monkeypatch.undo()
    again = make_lld_study(folder, tmp_path / "again", size=32)
    assert GroupSet.load(again.path).sha256 == GroupSet.load(whole.path).sha256
    assert (again.accounts, again.remarks) == (whole.accounts, whole.remarks)
    kept = [ImageArchive(tmp_path / home / "images") for home in ("whole", "again")]
    outlined = [archive.outline(1) for archive in kept]
    assert all(outlined)
    assert len({str(o.to_lists()) for o in outlined if o}) == 1
    assert kept[0].regions(1).shifts == kept[1].regions(1).shifts
    store = Store(tmp_path / "again" / "study.db")
    assert len(store.cases()) == len(outlines.newest_revisions(store)) == 1
    third = make_lld_study(folder, tmp_path / "again", size=32)
    assert (third.cases, third.accounts, third.remarks) == (1, whole.accounts, whole.remarks)
    assert [r.revision for r in outlines.history(store, 1)] == [1]
    assert len(accounts(store)) == len(lld_study.PEOPLE) == 4
    assert len(protocol(store).readers) == 3


def test_accounts_that_have_a_password_are_not_named(folder: Path, tmp_path: Path) -> None:
    store = Store(tmp_path / "study.db", password_cost=CHEAP_PASSWORDS)
    add_account(store, "reader1", "Reader 1", Role.READER, "long enough")
    assert make_lld_study(folder, tmp_path, size=32).accounts == ("investigator",)
    assert len(protocol(store).readers) == 1


def test_folds_without_published_ones_follow_the_classes(tmp_path: Path) -> None:
    dataset = read_dataset(write_copy(tmp_path / "copy", [*MORE, PATIENTS[0], PATIENTS[1]]))
    parts = [held_out(dataset, fold) for fold in range(1, 6)]
    assert sorted(p for part in parts for p in part) == sorted(c.patient for c in dataset.cases)
    classes = {c.patient: c.lesion_class for c in dataset.cases}
    for part in parts:
        assert len({classes[p] for p in part}) == 2
    few = read_dataset(write_copy(tmp_path / "few", MORE[:4]))
    with pytest.raises(InputError, match="so few patients"):
        held_out(few, 1)
    with pytest.raises(InputError, match="no such fold"):
        held_out(dataset, 6)
