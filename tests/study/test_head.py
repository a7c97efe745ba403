from __future__ import annotations

import json
import stat
from pathlib import Path

import pytest

from dls.errors import ConflictError, InputError
from dls.study.audit import verify
from dls.study.head import SignedHead, check_head, make_key, sign_head, verify_head
from dls.study.store import Store
from tests.study.tiny_study import sign_case, tamper


@pytest.fixture
def key(tmp_path: Path) -> Path:
    make_key(tmp_path / "key.pem")
    return tmp_path / "key.pem"


def test_a_signed_head_holds_while_the_trail_grows(store: Store, key: Path) -> None:
    before = verify(store)
    head = sign_head(store, key, by=1)
    assert (head.entries, head.head, head.study) == (before.entries, before.head, "Tiny study")
    sign_case(store, 1, 1)
    read = check_head(head.to_json(), head.public_key)
    assert read == head
    assert verify_head(store, read) == ()


def test_a_trail_rewritten_from_its_end_is_found(store: Store, key: Path) -> None:
    store.record("look", 1, {})
    head = sign_head(store, key)

    def cut_and_go_on(connection) -> None:  # type: ignore[no-untyped-def]
        connection.execute("DELETE FROM audit WHERE id >= ?", (head.entries,))
        connection.execute("UPDATE sqlite_sequence SET seq = ? WHERE name = 'audit'", (head.entries - 1,))

    tamper(store, cut_and_go_on)
    for _ in range(3):
        store.record("something else", 1, {})
    assert verify(store).ok
    (fault,) = verify_head(store, head)
    assert fault.row == head.entries


@pytest.mark.parametrize("field", ["study", "entries", "head", "at", "freeze_id", "signature", "public_key"])
def test_a_changed_head_is_refused(store: Store, key: Path, field: str) -> None:
    content = json.loads(sign_head(store, key).to_json())
    value = content[field]
    first = "11" if str(value).startswith("00") else "00"
    content[field] = value + 1 if isinstance(value, int) else first + (value or "")[2:]
    with pytest.raises(InputError, match="not a signed head"):
        check_head(json.dumps(content))


def test_a_head_of_another_key_is_refused(store: Store, key: Path, tmp_path: Path) -> None:
    other = make_key(tmp_path / "other.pem")
    with pytest.raises(InputError, match="another key"):
        check_head(sign_head(store, key).to_json(), other)


def test_the_key_is_its_owners_alone_and_never_overwritten(key: Path) -> None:
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    with pytest.raises(ConflictError, match="overwrite"):
        make_key(key)
    with pytest.raises(InputError, match="cannot be written"):
        make_key(key / "below.pem")


@pytest.mark.parametrize("content", ["", "-----BEGIN PRIVATE KEY-----\nAA==\n-----END PRIVATE KEY-----\n"])
def test_a_file_that_is_no_key_is_named(store: Store, tmp_path: Path, content: str) -> None:
    (tmp_path / "bad.pem").write_text(content)
    with pytest.raises(InputError, match="cannot be read"):
        sign_head(store, tmp_path / "bad.pem")


def test_an_unsound_trail_is_not_signed(store: Store, key: Path) -> None:
    tamper(store, lambda c: c.execute("UPDATE audit SET action = 'x' WHERE id = 2"))
    with pytest.raises(InputError, match="not sound"):
        sign_head(store, key)


def test_text_that_is_no_head_is_refused() -> None:
    for text in ("", "{}", "[]"):
        with pytest.raises(InputError, match="not a signed head"):
            check_head(text)
    assert SignedHead("s", None, 1, "h", "t", "k", "x").message() == (
        b'{"at":"t","entries":1,"freeze_id":null,"head":"h","public_key":"k","study":"s"}'
    )
