"""The image servers that this place knows, from the configuration and the environment.

`dls.toml` has a table a server; secrets stay out of it:

    [pacs.archive]
    dicomweb = "https://pacs.example/dicom-web"
    user = "dls"
    password_file = "/run/secrets/pacs"

    [pacs.scanner]
    dimse = "MR1@10.0.0.7:104"
    calling = "DLS"
    retrieve = "move"
    move_port = 11113

Without such tables, `DLS_PACS` names one server: an https address or AE@HOST:PORT, with `DLS_PACS_CALLING`,
`DLS_PACS_USER`, `DLS_PACS_PASSWORD` and `DLS_PACS_TOKEN`.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from dls.errors import InputError
from dls.imaging.pacs.peers import PATIENCE_S, DicomWebServer, DimsePeer, Peer, Retrieval

VARIABLE = "DLS_PACS"
_WEB = {"dicomweb", "user", "password_file", "token_file", "ca_file", "timeout_s"}
_DIMSE = {"dimse", "calling", "retrieve", "move_port", "ca_file", "timeout_s"}


def known_peers(tables: Mapping[str, Any], environment: Mapping[str, str] = os.environ) -> dict[str, Peer]:
    """Servers by name; empty where none is configured.

    Parameters
    ----------
    tables : name -> settings of a server

    Raises
    ------
    InputError
        when the tables or the environment cannot be used.
    """
    if tables:
        return {name: _from_table(f"[pacs.{name}]", table, environment) for name, table in tables.items()}
    address = environment.get(VARIABLE, "")
    return {address: peer_at(address, environment)} if address else {}


def peer_at(address: str, environment: Mapping[str, str] = os.environ, **changes: Any) -> Peer:
    """Server at an address, https://… or AE@HOST:PORT, with the credentials of the environment.

    Parameters
    ----------
    changes : fields of the peer that differ from their defaults

    Raises
    ------
    InputError
        when the address has another form.
    """
    if "://" in address:
        secrets = {
            "user": environment.get(f"{VARIABLE}_USER", ""),
            "password": environment.get(f"{VARIABLE}_PASSWORD", ""),
            "token": environment.get(f"{VARIABLE}_TOKEN", ""),
        }
        return DicomWebServer(address, **(secrets | changes))
    peer = DimsePeer.parse(address, environment.get(f"{VARIABLE}_CALLING", "DLS"))
    fields = {name: getattr(peer, name) for name in ("host", "port", "title", "calling")}
    return DimsePeer(**(fields | changes))


def _from_table(where: str, table: Any, environment: Mapping[str, str]) -> Peer:
    names = set(table) if isinstance(table, dict) else set()
    if "dicomweb" in names and names <= _WEB:
        changes = {name: table[name] for name in ("user", "timeout_s") if name in table}
        for name in ("password", "token"):
            if f"{name}_file" in table:
                changes[name] = _secret(Path(table[f"{name}_file"]))
        if "ca_file" in table:
            changes["ca_file"] = Path(table["ca_file"])
        return peer_at(str(table["dicomweb"]), environment, **changes)
    if "dimse" in names and names <= _DIMSE:
        return peer_at(
            str(table["dimse"]),
            environment,
            retrieval=_retrieval(where, table.get("retrieve", "get")),
            tls_ca_file=Path(table["ca_file"]) if "ca_file" in table else None,
            timeout_s=float(table.get("timeout_s", PATIENCE_S)),
            **{name: table[name] for name in ("calling", "move_port") if name in table},
        )
    raise InputError(
        "A server's settings cannot be used",
        expected=f"dicomweb with {', '.join(sorted(_WEB))}; or dimse with {', '.join(sorted(_DIMSE))}",
        got=f"{where}: {', '.join(sorted(names)) or 'nothing'}",
    )


def _retrieval(where: str, text: Any) -> Retrieval:
    if text not in set(Retrieval):
        raise InputError("Unknown way to retrieve", expected="get or move", got=f"{where}: {text!r}")
    return Retrieval(text)


def _secret(path: Path) -> str:
    try:
        return path.read_text().strip()
    except OSError as error:
        raise InputError("A secret cannot be read", got=f"{path}: {error.strerror}") from error
