"""Zipped packages: back as they were, and everything that could do harm refused with nothing left behind."""

import io
import stat
import zipfile

import pytest

from dls.errors import PackageError
from dls.nn import package_archive as module
from dls.nn.package import load_package
from dls.nn.package_archive import pack, unpack


@pytest.fixture
def zipped(model_b, tmp_path):
    pack(model_b, tmp_path / "B.zip")
    return tmp_path / "B.zip"


def test_a_package_comes_back_as_it_was(model_b, zipped, tmp_path):
    unpack(zipped, tmp_path / "new" / "B")
    assert load_package(tmp_path / "new" / "B").sha256 == model_b.sha256
    again = tmp_path / "again.zip"
    pack(model_b, again)
    assert again.read_bytes() == zipped.read_bytes()


def test_a_package_may_lie_in_one_folder_of_the_zip(model_b, tmp_path):
    with zipfile.ZipFile(tmp_path / "x.zip", "w") as archive:
        for path in model_b.folder.iterdir():
            archive.write(path, f"B/{path.name}")
    unpack(tmp_path / "x.zip", tmp_path / "B")
    assert load_package(tmp_path / "B").sha256 == model_b.sha256


def write(path, entries):
    with zipfile.ZipFile(path, "w") as archive:
        for entry, data in entries:
            archive.writestr(entry, data)


def link(name):
    entry = zipfile.ZipInfo(name)
    entry.external_attr = (stat.S_IFLNK | 0o777) << 16
    return entry


GOOD = [("package.json", "{}"), ("weights.npz", "")]


@pytest.mark.parametrize(
    ("entries", "message"),
    [
        ([*GOOD, ("../weights.npz", "x")], "written elsewhere"),
        ([*GOOD, ("/etc/package.json", "x")], "written elsewhere"),
        ([*GOOD, ("..\\package.json", "x")], "written elsewhere"),
        ([("a/../../package.json", "x"), GOOD[1]], "written elsewhere"),
        ([*GOOD, ("model.pkl", "x")], r"no package has.*model\.pkl"),
        ([*GOOD, ("model.keras", "x")], "no package has"),
        ([*GOOD, ("setup.py", "x")], "no package has"),
        ([("a/b/package.json", "{}"), GOOD[1]], "no package has"),
        ([(link("package.json"), "/etc/passwd"), GOOD[1]], "no plain file"),
        ([*GOOD, ("B/package.json", "x")], "twice"),
        ([("A/package.json", "{}"), ("B/weights.npz", "")], "several folders"),
        ([GOOD[0]], r"incomplete.*no weights\.npz"),
        ([], "incomplete"),
    ],
)
def test_what_could_do_harm_is_refused(tmp_path, entries, message):
    home = tmp_path / "home"
    home.mkdir()
    write(tmp_path / "x.zip", entries)
    with pytest.raises(PackageError, match=message):
        unpack(tmp_path / "x.zip", home / "new")
    assert list(home.iterdir()) == []
    assert {p.name for p in tmp_path.iterdir()} == {"home", "x.zip"}


def test_a_file_that_unpacks_to_too_much_is_refused_while_it_unpacks(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "LARGEST", 5 << 20)
    with zipfile.ZipFile(tmp_path / "x.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("package.json", "{}")
        archive.writestr("weights.npz", bytes(6 << 20))
    assert (tmp_path / "x.zip").stat().st_size < 10_000
    with pytest.raises(PackageError, match="too large"):
        unpack(tmp_path / "x.zip", tmp_path / "new")
    assert [p.name for p in tmp_path.iterdir()] == ["x.zip"]


def test_what_is_no_zip_is_refused(tmp_path, zipped):
    (tmp_path / "x.zip").write_bytes(b"not a zip")
    with pytest.raises(PackageError, match="no readable model package"):
        unpack(tmp_path / "x.zip", tmp_path / "new")
    data = bytearray(zipped.read_bytes())
    data[len(data) // 2] ^= 255
    (tmp_path / "x.zip").write_bytes(data)
    with pytest.raises(PackageError):
        unpack(tmp_path / "x.zip", tmp_path / "new")
    assert not (tmp_path / "new").exists()


def test_an_encrypted_file_is_refused(tmp_path):
    buffer = io.BytesIO()
    write(buffer, GOOD)
    data = bytearray(buffer.getvalue())
    for mark, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        data[data.index(mark) + offset] |= 1
    (tmp_path / "x.zip").write_bytes(data)
    with pytest.raises(PackageError, match="encrypted"):
        unpack(tmp_path / "x.zip", tmp_path / "new")
