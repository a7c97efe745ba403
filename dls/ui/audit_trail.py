"""The audit trail on a page: reading it, checking it, and taking home a copy of the study."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable
from pathlib import Path

import streamlit as st

from dls.errors import DLSError
from dls.study import audit
from dls.study.accounts import Account, accounts
from dls.study.backup import backup, integrity
from dls.study.export import export
from dls.study.order import verify_order
from dls.study.store import Store

SHOWN = 500


def show_trail(store: Store) -> None:
    """The newest entries, narrowed by action and person."""
    names = {a.account.id: a.account.name for a in accounts(store)}
    entries = audit.trail(store)
    left, right = st.columns(2)
    action = left.selectbox("Action", ["all", *sorted({str(e["action"]) for e in entries})])
    person = right.selectbox("Person", ["all", *sorted(names.values())])
    chosen = [
        {
            "Entry": e["id"],
            "At, UTC": str(e["at"])[:19].replace("T", " "),
            "Who": names.get(e["actor_id"], "program"),  # type: ignore[call-overload]
            "Action": e["action"],
            **_detail(str(e["detail"])),
            "Hash": str(e["hash"])[:8],
        }
        for e in reversed(entries)
        if action in {"all", e["action"]} and person in {"all", names.get(e["actor_id"], "")}  # type: ignore[call-overload]
    ]
    st.caption(f"{len(chosen)} of {len(entries)} entries; the newest {min(SHOWN, len(chosen))} are shown.")
    st.dataframe(chosen[:SHOWN], hide_index=True)


def _detail(stored: str) -> dict[str, str]:
    """What an entry says, in words, and which rows are under its seal."""
    said = json.loads(stored)
    rows = [
        f"{table} {first}" if first == last else f"{table} {first}–{last}"
        for table, first, last, _ in said.pop("rows", ())
    ]
    return {"What": " · ".join(f"{k} {v}" for k, v in said.items()), "Rows": ", ".join(rows)}


def check_trail(store: Store) -> None:
    """Recompute chain, seals, orders and the file's structure when asked."""
    if not st.button("Verify everything", type="primary", icon=":material/verified_user:"):
        return
    found = audit.verify(store)
    faults = [*integrity(store), *map(str, found.faults), *map(str, verify_order(store))]
    for fault in faults:
        st.error(fault)
    if not faults:
        st.success(f"Sound: {found.entries} entries, file, orders and every sealed row.")
    st.code(found.head)
    st.caption(
        "The head. Keep it elsewhere: `study verify --head` then proves that nothing before it changed."
    )


def downloads(store: Store, who: Account) -> None:
    """The study as one archive, and a backup of the database; each is an entry of the trail."""
    head = audit.verify(store).head[:12]
    for what, name, make in (
        ("a study archive", f"study-{head}.zip", lambda path: export(store, path, who.id)),
        ("a backup", f"backup-{head}.db", lambda path: backup(store, path, who.id)),
    ):
        if st.button(f"Make {what}", icon=":material/archive:"):
            _offer(what, name, make)


def _offer(what: str, name: str, make: Callable[[Path], object]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / name
        try:
            make(path)
        except DLSError as error:
            st.error(str(error))
            return
        st.download_button(f"Save {what}", path.read_bytes(), name, icon=":material/download:")
