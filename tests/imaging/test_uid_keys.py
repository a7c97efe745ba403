"""Pseudonyms: the same for the same key, valid, unlinkable without it; the key file is its owner's alone."""

import stat
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydicom.uid import UID

from dls.errors import AccessError, ConflictError, InputError
from dls.imaging.uid_keys import UidKeys

KEYS = UidKeys(bytes(range(32)))


def test_golden_values():
    """Computed apart, with integers for the UUID's version and variant (RFC 9562); they must never change."""
    assert KEYS.uid("1.2.3") == "2.25.323208961630152450876443539203389659764"
    assert KEYS.pseudonym("P1") == "DLS-R44EFOCFEOEWAG4H"


@pytest.mark.parametrize(
    ("number", "nobody"),
    [("", True), ("ANONYMOUS", True), ("Anon", True), ("0", True), ("P0", False), ("1", False)],
)
def test_a_number_that_whole_archives_share_names_nobody(number, nobody):
    assert KEYS.names_nobody(KEYS.pseudonym(number)) == nobody


@given(st.text(max_size=64))
def test_uids_are_valid_and_of_a_uuid(original):
    uid = KEYS.uid(original)
    assert UID(uid).is_valid
    assert uid.startswith("2.25.")
    assert int(uid[5:]) >> 76 & 0xF == 8


@given(st.lists(st.text(max_size=20), unique=True, max_size=20))
def test_different_identifiers_stay_different(originals):
    for make in (KEYS.uid, KEYS.pseudonym, KEYS.token):
        assert len({make(o) for o in originals}) == len(originals)


def test_a_kind_of_identifier_does_not_tell_another():
    assert KEYS.uid("42")[5:20] not in KEYS.pseudonym("42")
    assert len({KEYS.uid("42"), KEYS.pseudonym("42"), KEYS.token("42")}) == 3


def test_the_file_is_its_owners_and_gives_the_key_back(tmp_path):
    path = tmp_path / "keys" / "uid.key"
    made = UidKeys.create(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert UidKeys.load(path) == UidKeys.load_or_create(path) == made
    assert [p.name for p in path.parent.iterdir()] == ["uid.key"]
    assert UidKeys.create(tmp_path / "other.key") != made


def test_a_key_is_never_overwritten(tmp_path):
    path = tmp_path / "uid.key"
    made = UidKeys.create(path)
    with pytest.raises(ConflictError, match="exists already"):
        UidKeys.create(path)
    assert UidKeys.load(path) == made


def test_several_at_once_agree(tmp_path):
    with ThreadPoolExecutor(8) as pool:
        keys = list(pool.map(lambda _: UidKeys.load_or_create(tmp_path / "uid.key"), range(16)))
    assert len({k.secret for k in keys}) == 1


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o666, 0o620])
def test_a_file_open_to_others_is_refused(tmp_path, mode):
    path = tmp_path / "uid.key"
    UidKeys.create(path)
    path.chmod(mode)
    with pytest.raises(AccessError, match=r"open to others.*chmod 600"):
        UidKeys.load(path)


@pytest.mark.parametrize(
    "content", [b"", b"dls uid key 1\n", b"dls uid key 1\n" + b"0" * 63 + b"\n", b"\0" * 90]
)
def test_a_file_without_a_key(tmp_path, content):
    path = tmp_path / "uid.key"
    path.write_bytes(content)
    path.chmod(0o600)
    with pytest.raises(InputError, match="holds no key"):
        UidKeys.load_or_create(path)


def test_no_file_and_a_link(tmp_path):
    with pytest.raises(InputError, match="cannot be read"):
        UidKeys.load(tmp_path / "none")
    UidKeys.create(tmp_path / "uid.key")
    (tmp_path / "link").symlink_to(tmp_path / "uid.key")
    with pytest.raises(InputError, match="cannot be read"):
        UidKeys.load(tmp_path / "link")


def test_the_secret_is_not_shown():
    assert repr(KEYS) == "UidKeys()"
