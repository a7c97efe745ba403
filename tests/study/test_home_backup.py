"""A whole study is backed up and restored, images and what was received included; the key is kept apart."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from dls.domain import LesionClass, Sequence
from dls.errors import ConflictError, InputError
from dls.imaging.archive import ImageArchive
from dls.imaging.delivery import Delivery, load, received
from dls.imaging.reception import KEY_FILE, receive
from dls.imaging.sources import folder_files
from dls.intake.case_import import IMAGE_SOURCE, Confirmed, import_case
from dls.study import home_backup
from dls.study.audit import verify
from dls.study.cases import NewCase
from dls.study.home_backup import DATABASE, KEYS, MANIFEST, backup_home, restore_home
from dls.study.store import Store
from tests.imaging.series import write_sequence, write_study
from tests.study.tiny_study import tiny_study


def case(code: str) -> NewCase:
    return NewCase(
        code, LesionClass.CYST, "histopathology", 20.0, "X 3 T", {}, IMAGE_SOURCE, simulated_images=False
    )


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A study with one imported case and one delivery that waits."""
    home = tmp_path / "home"
    store = tiny_study(home / DATABASE, cases=0, readers=1, assigned=False)
    first = receive(folder_files(write_study(tmp_path / "first")), home, "folder")
    import_case(store, home, first, Confirmed(first.suggestion, by_person=True), case=case("P-01"))
    waiting(tmp_path, home)
    (home / "features").mkdir()
    (home / "features" / "computed.npz").write_bytes(b"again")
    return home


def waiting(folder: Path, home: Path) -> Delivery:
    """The second patient's study, received."""
    tags = {"PatientID": "P2", "StudyInstanceUID": "1.2.4", "SeriesInstanceUID": "1.2.4.1"}
    write_sequence(folder / "second", Sequence.T2, **tags)
    return receive(folder_files(folder / "second"), home, "folder")


def images(home: Path) -> dict[str, bytes]:
    return {str(s): v.voxels.tobytes() for s, v in ImageArchive(home / "images").volumes(1).items()}


def test_a_study_is_whole_again_after_a_disk_is_lost(home: Path, tmp_path: Path) -> None:
    secret, before, ids = (home / KEY_FILE).read_text(), images(home), received(home)
    made = backup_home(Store(home / DATABASE), home, tmp_path / "backup")
    kept = [p for p in made.folder.rglob("*") if p.is_file()]
    assert len(kept) == made.files + 2
    assert not [p for p in kept if secret.split()[-1].encode() in p.read_bytes() or "keys" in p.parts]
    assert not (made.folder / "features").exists()
    assert made.folder.stat().st_mode & 0o077 == 0
    shutil.rmtree(home)

    done = restore_home(made.folder, home)
    store = Store(home / DATABASE)
    assert done.trail.ok
    assert verify(store).ok
    assert images(home) == before
    assert set(received(home)) == set(ids)
    assert done.key_missing
    with pytest.raises(InputError, match="The key of this study is missing"):
        waiting(tmp_path, home)

    (home / KEYS).parent.mkdir(mode=0o700)
    (home / KEYS).touch(0o600)
    (home / KEYS).write_text(secret)
    again = waiting(tmp_path, home)
    assert again.repeated
    found = import_case(store, home, again, Confirmed(again.suggestion, by_person=True), case=case("P-02"))
    assert found.code == "P-02"
    assert load(home, again.id).files == 8


def test_a_restore_replaces_only_when_asked_and_keeps_what_was_there(home: Path, tmp_path: Path) -> None:
    made = backup_home(Store(home / DATABASE), home, tmp_path / "backup")
    with pytest.raises(ConflictError, match="--replace"):
        restore_home(made.folder, home)
    shutil.rmtree(home / "images" / "1")
    done = restore_home(made.folder, home, replace=True)
    assert not done.key_missing
    assert images(home)
    assert list(home.glob("images.before-restore-*"))
    assert list(home.glob("study.db.before-restore-*"))
    (home / KEYS).write_text((home / KEYS).read_text().replace("a", "b").replace("1", "2"))
    with pytest.raises(ConflictError, match="another study's"):
        restore_home(made.folder, home, replace=True)


def test_a_restore_that_was_killed_is_completed_by_the_next(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = backup_home(Store(home / DATABASE), home, tmp_path / "backup")
    before = images(home)

    def killed(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(home_backup, "restore", killed)
        with pytest.raises(KeyboardInterrupt):
            restore_home(made.folder, home, replace=True)
    assert verify(Store(home / DATABASE)).ok
    (home / ".restore-of-a-killed-process" / "images").mkdir(parents=True)
    done = restore_home(made.folder, home, replace=True)
    assert done.trail.ok
    assert images(home) == before
    assert len(list(home.glob("images.before-restore-*"))) == 2
    assert not list(home.glob(".restore-*"))


@pytest.mark.parametrize("fault", ["altered", "missing", "no manifest", "outside"])
def test_what_is_no_sound_backup_changes_nothing(home: Path, tmp_path: Path, fault: str) -> None:
    made = backup_home(Store(home / DATABASE), home, tmp_path / "backup")
    picture = next((made.folder / "images").rglob("*.gz"))
    match fault:
        case "altered":
            picture.write_bytes(picture.read_bytes()[:-1])
        case "missing":
            picture.unlink()
        case "no manifest":
            (made.folder / MANIFEST).unlink()
        case "outside":
            text = (made.folder / MANIFEST).read_text()
            (made.folder / MANIFEST).write_text(text.replace(f'"{DATABASE}":', f'"../home/{DATABASE}":', 1))
    with pytest.raises(InputError):
        restore_home(made.folder, tmp_path / "elsewhere")
    assert not (tmp_path / "elsewhere").exists()


def test_a_backup_overwrites_nothing_and_lies_elsewhere(home: Path, tmp_path: Path) -> None:
    store = Store(home / DATABASE)
    (tmp_path / "there").mkdir()
    with pytest.raises(ConflictError, match="overwrite"):
        backup_home(store, home, tmp_path / "there")
    with pytest.raises(InputError, match="within the study"):
        backup_home(store, home, home / "images" / "copy")
    with pytest.raises(InputError, match="cannot be made"):
        backup_home(store, home, tmp_path / "missing" / "copy")
