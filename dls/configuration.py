"""The server's configuration: one file, `dls.toml`, and the environment, which wins over the file.

The file lies in the study's folder, or where `DLS_CONFIG` says.  `SETTINGS` lists every key with its
variable; a key that is not there is refused.  Secrets stay out of it: it names the files that hold them.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from ipaddress import ip_network
from pathlib import Path
from types import MappingProxyType
from typing import Any

from dls.errors import InputError

FILE = "dls.toml"
VARIABLE = "DLS_CONFIG"
"""Environment variable that names the file."""
PACS = "pacs"
"""Section with a table an image server; `dls.imaging.pacs.settings` knows their keys."""
LOG_FORMATS = ("text", "json")


@dataclass(frozen=True, slots=True)
class Setting:
    """One key of the file, such as "server.log_format", its variable, its field and what it is for."""

    key: str
    variable: str
    field: str
    meaning: str


SETTINGS = (
    Setting("url", "DLS_URL", "url", "address that people use, such as https://study.example.org"),
    Setting(
        "server.trusted_proxies",
        "DLS_TRUSTED_PROXIES",
        "trusted_proxies",
        "addresses or networks of reverse proxies whose X-Forwarded headers are believed",
    ),
    Setting(
        "server.metrics_token_file",
        "DLS_METRICS_TOKEN_FILE",
        "metrics_token_file",
        "file with the bearer token that opens /metrics; without it there is no such page",
    ),
    Setting("server.log_format", "DLS_LOG_FORMAT", "log_format", "text, or json: one object a line"),
    Setting("sign_in.idle_minutes", "DLS_IDLE_MINUTES", "idle_minutes", "minutes until an idle sign-in ends"),
    Setting("sign_in.oidc_issuer", "DLS_OIDC_ISSUER", "oidc_issuer", "OpenID Connect provider"),
    Setting("sign_in.oidc_client_id", "DLS_OIDC_CLIENT_ID", "oidc_client_id", "this study's name at it"),
    Setting("sign_in.oidc_secret_file", "DLS_OIDC_SECRET_FILE", "oidc_secret_file", "file with its secret"),
    Setting("backup.folder", "DLS_BACKUP_FOLDER", "backup_folder", "folder of `dls study backup`"),
    Setting(
        "backup.every_minutes", "DLS_BACKUP_EVERY_MINUTES", "backup_every_minutes", "minutes between backups"
    ),
    Setting("backup.keep", "DLS_BACKUP_KEEP", "backup_keep", "how many backups are kept"),
)


@dataclass(frozen=True, slots=True)
class Configuration:
    """What an administrator decides about the server; not about a study, whose protocol is stored with it.

    Parameters
    ----------
    url : without a slash at its end; empty when nobody said
    trusted_proxies : addresses or networks; empty: forwarded headers are not believed
    metrics_token_file : None: no metrics for anybody
    log_format : "text" or "json"
    idle_minutes : 1 to 720
    oidc_issuer : empty: people sign in with passwords only
    backup_folder : None: no schedule
    pacs : name of an image server -> its table

    Raises
    ------
    InputError
        when a value cannot be used.
    """

    url: str = ""
    trusted_proxies: tuple[str, ...] = ()
    metrics_token_file: Path | None = None
    log_format: str = "text"
    idle_minutes: float = 60.0
    oidc_issuer: str = ""
    oidc_client_id: str = ""
    oidc_secret_file: Path | None = None
    backup_folder: Path | None = None
    backup_every_minutes: float = 60.0
    backup_keep: int = 24
    pacs: Mapping[str, Mapping[str, Any]] = field(default_factory=lambda: MappingProxyType({}))

    def __post_init__(self) -> None:
        if self.url and not self.url.startswith(("https://", "http://")):
            raise _unusable("url", "an address that begins with https:// or http://", self.url)
        for network in self.trusted_proxies:
            try:
                ip_network(network)
            except ValueError as error:
                expected = "addresses or networks, such as 172.18.0.0/16"
                raise _unusable("server.trusted_proxies", expected, network) from error
        if self.log_format not in LOG_FORMATS:
            raise _unusable("server.log_format", " or ".join(LOG_FORMATS), self.log_format)
        if not 1 <= self.idle_minutes <= 720:
            raise _unusable("sign_in.idle_minutes", "1 to 720", self.idle_minutes)
        if not self.backup_every_minutes > 0:
            raise _unusable("backup.every_minutes", "above 0", self.backup_every_minutes)
        if self.backup_keep < 1:
            raise _unusable("backup.keep", "1 or more", self.backup_keep)

    @property
    def over_tls(self) -> bool:
        """Whether people reach the server by https, so that cookies may be for https alone."""
        return self.url.startswith("https://")


def configuration(home: Path, environment: Mapping[str, str] = os.environ) -> Configuration:
    """Configuration of the server whose study lies in `home`; read again when the file has changed.

    Raises
    ------
    InputError
        when the file cannot be read, has an unknown key, or a value cannot be used.
    """
    path = configuration_file(home, environment)
    if (home / "pacs.toml").is_file():
        raise InputError(
            "pacs.toml is not read any more",
            expected=f"its servers in {path}, as [pacs.NAME]",
            got=str(home / "pacs.toml"),
            remedy="move its tables and delete it",
        )
    given = tuple((s.variable, environment[s.variable]) for s in SETTINGS if environment.get(s.variable))
    try:
        changed = path.stat().st_mtime_ns
    except FileNotFoundError:
        if environment.get(VARIABLE):
            raise InputError("The configuration is missing", expected=f"{VARIABLE}={path}") from None
        changed = 0
    return _read(path, changed, given)


def configuration_file(home: Path, environment: Mapping[str, str] = os.environ) -> Path:
    """Where the file is, or would be."""
    return Path(environment.get(VARIABLE) or home / FILE).resolve()


@lru_cache(maxsize=8)
def _read(path: Path, changed: int, given: tuple[tuple[str, str], ...]) -> Configuration:
    tables = _tables(path) if changed else {}
    servers = tables.pop(PACS, {})
    found = dict(_flat(tables))
    known = {setting.key: setting for setting in SETTINGS}
    unknown = sorted(set(found) - set(known))
    if unknown or not isinstance(servers, dict):
        raise InputError(
            "The configuration has an unknown key",
            expected=", ".join([*known, f"{PACS}.NAME"]),
            got=f"{path}: {', '.join(unknown) or PACS}",
            remedy="correct or delete it",
        )
    values = {known[key].field: _typed(known[key], value) for key, value in found.items()}
    by_variable = {setting.variable: setting for setting in SETTINGS}
    values |= {by_variable[name].field: _typed(by_variable[name], text, text=True) for name, text in given}
    return Configuration(**values, pacs=MappingProxyType(servers))


def _tables(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise InputError(
            "The configuration cannot be read",
            expected="TOML",
            got=f"{path}: {error}",
            remedy="correct the file",
        ) from error


def _flat(tables: Mapping[str, Any], within: str = "") -> list[tuple[str, Any]]:
    found: list[tuple[str, Any]] = []
    for name, value in tables.items():
        key = f"{within}{name}"
        found += _flat(value, f"{key}.") if isinstance(value, dict) and not within else [(key, value)]
    return found


_KINDS: Mapping[str, type] = {
    "trusted_proxies": list,
    "idle_minutes": float,
    "backup_every_minutes": float,
    "backup_keep": int,
}
"""Fields that are no text."""
_NAMES: Mapping[type, str] = {
    list: "a list of texts",
    float: "a number",
    int: "a whole number",
    str: "a text",
}


def _typed(setting: Setting, value: Any, *, text: bool = False) -> Any:
    """A value of the file as its field has it; a variable's text is read as the same kind first."""
    kind = _KINDS.get(setting.field, str)
    if text:
        try:
            value = [part.strip() for part in value.split(",")] if kind is list else kind(value)
        except ValueError as error:
            raise _unusable(setting.variable, _NAMES[kind], value) from error
    fits = isinstance(value, (int, float) if kind is float else kind) and not isinstance(value, bool)
    if not fits or (kind is list and not all(isinstance(part, str) for part in value)):
        raise _unusable(setting.key, _NAMES[kind], value)
    if kind is list:
        return tuple(value)
    if setting.field == "url":
        return value.rstrip("/")
    return Path(value) if setting.field.endswith(("_file", "_folder")) else value


def _unusable(key: str, expected: str, got: Any) -> InputError:
    return InputError(f"The configuration's {key} cannot be used", expected=expected, got=repr(got))
