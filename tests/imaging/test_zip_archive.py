import io
import stat
import struct
import warnings
import zipfile
from pathlib import Path

import pytest

from dls.errors import InputError
from dls.imaging.zip_archive import Limits, unpacked, zip_files


def packed(files: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> io.BytesIO:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", method) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    stream.seek(0)
    return stream


@pytest.mark.parametrize(
    "method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA]
)
def test_files_come_as_they_were_packed(method: int) -> None:
    files = {
        "s/1.dcm": b"one" * 50,
        "s/2": b"",
        "s/.hidden": b"x",
        "__MACOSX/s/1.dcm": b"x",
        "DICOMDIR": b"x",
    }
    found = list(unpacked(packed(files, method)))
    assert [(f.name, f.content) for f in found] == [("s/1.dcm", b"one" * 50), ("s/2", b"")]
    assert zip_files(packed(files, method)) == ["s/1.dcm", "s/2"]


def test_an_archive_in_a_file(tmp_path: Path) -> None:
    (tmp_path / "a.zip").write_bytes(packed({"1": b"one"}).getvalue())
    assert [f.name for f in unpacked(tmp_path / "a.zip")] == ["1"]
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a.zip"]


@pytest.mark.parametrize(
    "name",
    [
        "../1.dcm",
        "a/../../1.dcm",
        "/etc/passwd",
        "\\windows\\1",
        "a\\..\\..\\1",
        "C:\\1.dcm",
        "c:1.dcm",
        "..",
    ],
)
def test_a_name_that_leads_out(name: str) -> None:
    with pytest.raises(InputError, match="leads out of it"):
        list(unpacked(packed({"1.dcm": b"x", name: b"x"})))


def test_a_name_with_a_nul_byte() -> None:
    stream = packed({"abc.dcm": b"x"})
    stream = io.BytesIO(stream.getvalue().replace(b"abc.dcm", b"a\0c.dcm"))
    with pytest.raises(InputError, match="leads out of it"):
        list(unpacked(stream))


@pytest.mark.parametrize(("kind", "said"), [(stat.S_IFLNK, "symbolic link"), (stat.S_IFIFO, "neither file")])
def test_links_and_devices(kind: int, said: str) -> None:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        info = zipfile.ZipInfo("1.dcm")
        info.external_attr = (kind | 0o777) << 16
        archive.writestr(info, "/etc/passwd")
    with pytest.raises(InputError, match=said):
        list(unpacked(stream))


@pytest.mark.parametrize("name", ["a.zip", "a.tar", "a.tgz", "a.7z"])
def test_an_archive_in_an_archive_by_name(name: str) -> None:
    with pytest.raises(InputError, match="another archive"):
        zip_files(packed({name: b"x"}))


@pytest.mark.parametrize(
    "content", [packed({"1": b"x"}).getvalue(), b"\x1f\x8b\x08\0", b"Rar!\x1a\x07", b"7z\xbc\xaf'"]
)
def test_an_archive_in_an_archive_by_content(content: bytes) -> None:
    with pytest.raises(InputError, match="another archive"):
        list(unpacked(packed({"1.dcm": content})))


def test_a_bomb_is_refused_before_a_byte_is_unpacked() -> None:
    limits = Limits(ratio_from=2**20)
    with pytest.raises(InputError, match=r"zip bomb.*Got: 4 MiB from 0\.0 MiB"):
        zip_files(packed({"1.dcm": bytes(2**22)}), limits)
    assert zip_files(packed({"1.dcm": bytes(2**20)}), limits) == ["1.dcm"]


def test_too_much_and_too_many() -> None:
    with pytest.raises(InputError, match="unpacks to too much"):
        zip_files(packed({"1": b"12345", "2": b"12345"}), Limits(total=9))
    with pytest.raises(InputError, match="too many files"):
        zip_files(packed({"1": b"", "2": b"", "3": b""}), Limits(files=2))


def test_a_size_that_was_forged_does_not_get_more_out() -> None:
    """The declared size is what is counted, and no more than that is unpacked."""
    data = bytearray(packed({"1.dcm": bytes(10**6)}).getvalue())
    for mark, at in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
        start = data.index(mark) + at
        data[start : start + 4] = struct.pack("<I", 100)
    with pytest.raises(InputError, match="cannot be unpacked"):
        list(unpacked(io.BytesIO(bytes(data))))


def test_files_that_share_bytes() -> None:
    """A second entry of the directory that names the first one's data, as in Fifield's bomb."""
    data = packed({"1.dcm": b"x" * 100, "2.dcm": b"y" * 100}, zipfile.ZIP_STORED).getvalue()
    first, second = data.index(b"PK\x01\x02"), data.rindex(b"PK\x01\x02")
    entry = data[second:].replace(b"2.dcm", b"1.dcm", 1)
    forged = data[:second] + entry[:42] + data[first + 42 : first + 46] + entry[46:]
    with pytest.raises(InputError, match=r"overlap|cannot be unpacked"):
        list(unpacked(io.BytesIO(forged)))


def test_an_encrypted_file() -> None:
    data = bytearray(packed({"1.dcm": b"x"}).getvalue())
    for mark, at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        data[data.index(mark) + at] |= 1
    with pytest.raises(InputError, match="encrypted"):
        zip_files(io.BytesIO(bytes(data)))


def test_every_archive_that_is_cut_short_is_refused() -> None:
    data = packed({"1.dcm": bytes(range(256)) * 4, "2.dcm": b"y" * 99}).getvalue()
    for length in range(0, len(data) - 1, 7):
        with pytest.raises(InputError):
            list(unpacked(io.BytesIO(data[:length])))


def test_a_byte_that_was_changed_never_gives_other_content() -> None:
    files = {"1.dcm": bytes(range(256)) * 2, "2.dcm": b"y" * 99}
    data = packed(files, zipfile.ZIP_DEFLATED).getvalue()
    refused = 0
    for at in range(len(data)):
        changed = bytearray(data)
        changed[at] ^= 0xFF
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                found = [f.content for f in unpacked(io.BytesIO(bytes(changed)))]
        except InputError:
            refused += 1
        else:
            assert all(content in files.values() for content in found)
    assert refused > len(data) / 2
