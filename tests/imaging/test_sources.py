import os
import socket
from functools import partial
from pathlib import Path

import pytest

from dls.errors import InputError
from dls.imaging import sources
from dls.imaging.sources import Incoming, LeftOut, content_of, folder_files, uploaded_files


def test_files_of_a_folder_by_path(tmp_path: Path) -> None:
    for name in ("b/2.dcm", "b/1.dcm", "a.dcm", ".hidden", "b/.DS_Store", "DICOMDIR", "Thumbs.db"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(name.encode())
    found = folder_files(tmp_path)
    assert [f.name for f in found] == ["a.dcm", "b/1.dcm", "b/2.dcm"]
    assert content_of(found[1]) == b"b/1.dcm"


def test_links_and_devices_are_named_and_not_followed(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "secret.dcm").write_bytes(b"secret")
    folder = tmp_path / "study"
    folder.mkdir()
    (folder / "file.dcm").symlink_to(outside / "secret.dcm")
    (folder / "folder").symlink_to(outside)
    (folder / "gone").symlink_to(tmp_path / "nowhere")
    os.mkfifo(folder / "pipe")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(folder / "socket"))
        found = {f.name: f.content for f in folder_files(folder)}
    link, other = LeftOut("symbolic link, not followed"), LeftOut("neither file nor folder")
    assert found == {"file.dcm": link, "folder": link, "gone": link, "pipe": other, "socket": other}


def test_a_file_that_became_a_link_is_not_read(tmp_path: Path) -> None:
    (tmp_path / "secret").write_bytes(b"secret")
    (tmp_path / "a.dcm").symlink_to(tmp_path / "secret")
    with pytest.raises(InputError, match=r"a\.dcm cannot be read"):
        content_of(Incoming("a.dcm", tmp_path / "a.dcm"))


def test_a_file_that_became_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "a.dcm")
    with pytest.raises(InputError, match="no regular file"):
        content_of(Incoming("a.dcm", tmp_path / "a.dcm"))


@pytest.mark.parametrize("name", ["missing", "file", "link"])
def test_what_is_no_folder(tmp_path: Path, name: str) -> None:
    (tmp_path / "file").write_bytes(b"")
    (tmp_path / "link").symlink_to(tmp_path)
    with pytest.raises(InputError, match="no such folder"):
        folder_files(tmp_path / name)


def test_a_file_that_is_too_large(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sources, "LARGEST_FILE", 2**20)
    with (tmp_path / "big").open("wb") as stream:
        stream.truncate(2**20 + 1)
    with pytest.raises(InputError, match="at most 1 MiB"):
        content_of(Incoming("big", tmp_path / "big"))
    with pytest.raises(InputError, match="too large"):
        content_of(Incoming("big", lambda: bytes(2**20 + 1)))


def test_uploads_come_one_by_one_without_litter() -> None:
    read: list[str] = []

    def content(name: str) -> bytes:
        read.append(name)
        return name.encode()

    names = ["study/1.dcm", "__MACOSX/1.dcm", "study/.DS_Store", "study/2.dcm"]
    taken = uploaded_files((name, partial(content, name)) for name in names)
    assert next(taken) == Incoming("study/1.dcm", b"study/1.dcm")
    assert read == ["study/1.dcm"]
    assert [f.name for f in taken] == ["study/2.dcm"]
