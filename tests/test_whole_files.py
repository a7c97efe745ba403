"""Files and folders: the old or the new one, never half of one."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from dls.whole_files import new_file, new_folder, remove_leftovers, write_whole


def test_a_file_takes_the_place_of_the_old_one_and_leaves_nothing_beside_it(tmp_path: Path) -> None:
    path = tmp_path / "new" / "file"
    write_whole(path, b"old")
    with new_file(path) as file:
        file.write(b"new")
        assert path.read_bytes() == b"old"
    assert path.read_bytes() == b"new"
    assert [p.name for p in path.parent.iterdir()] == ["file"]


def test_what_cannot_be_written_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "file"
    write_whole(path, b"old")

    def full(_number: int) -> None:
        raise OSError("No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        write_whole(path, b"new")
    assert path.read_bytes() == b"old"
    assert [p.name for p in tmp_path.iterdir()] == ["file"]


def test_two_writers_of_a_file_do_not_meet(tmp_path: Path) -> None:
    path = tmp_path / "file"
    with new_file(path) as one, new_file(path) as other:
        one.write(b"first" * 1000)
        other.write(b"second")
    assert path.read_bytes() == b"first" * 1000


def test_a_folder_takes_the_place_of_the_old_one(tmp_path: Path) -> None:
    folder = tmp_path / "made" / "folder"
    for content in ("old", "new"):
        with new_folder(folder) as part:
            (part / content).write_text(content)
    assert [p.name for p in folder.iterdir()] == ["new"]
    assert folder.stat().st_mode == (tmp_path / "made").stat().st_mode
    with pytest.raises(ZeroDivisionError), new_folder(folder) as part:
        (part / "third").write_text(str(1 // 0))
    assert [p.name for p in folder.iterdir()] == ["new"]
    assert [p.name for p in folder.parent.iterdir()] == ["folder"]


def test_a_folder_that_cannot_be_placed_leaves_the_old_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, rename = tmp_path / "folder", Path.rename
    with new_folder(folder) as part:
        (part / "old").write_text("old")

    def refused(self: Path, target: Path) -> Path:
        if (self / "new").exists():
            raise OSError("Permission denied")
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", refused)
    with pytest.raises(OSError, match="Permission"), new_folder(folder) as part:
        (part / "new").write_text("new")
    assert [p.name for p in tmp_path.iterdir()] == ["folder"]
    assert (folder / "old").read_text() == "old"


def test_what_a_killed_writer_leaves_is_hidden_and_can_be_removed(tmp_path: Path) -> None:
    program = (
        "import os, pathlib, sys\n"
        "from dls.whole_files import new_file\n"
        "with new_file(pathlib.Path(sys.argv[1])) as file:\n"
        "    file.write(b'half')\n"
        "    file.flush()\n"
        "    os.kill(os.getpid(), 9)\n"
    )
    path = tmp_path / "file"
    write_whole(path, b"old")
    done = subprocess.run([sys.executable, "-c", program, str(path)], check=False)
    assert done.returncode == -9
    assert path.read_bytes() == b"old"
    (left,) = [p for p in tmp_path.iterdir() if p != path]
    assert left.name.startswith(".file-")
    (tmp_path / ".folder-0123abcd.part" / "within").mkdir(parents=True)
    remove_leftovers(tmp_path)
    assert [p.name for p in tmp_path.iterdir()] == ["file"]
