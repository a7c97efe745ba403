"""A training configuration as a readable TOML file.

A file names the settings that differ from the paper's; unknown names and wrong types are refused.  TOML has
no word for nothing: `initial_weights = "none"` and `groups_per_patient = "all"` stand for it.
"""

from __future__ import annotations

import difflib
import json
import re
import tomllib
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

from dls.errors import InputError
from dls.nn.config import CONFIGS, PAPER, TrainingConfig

_NOTHING = {"initial_weights": "none", "groups_per_patient": "all"}
"""Word in the file for None, by setting."""
_HEAD = """\
# How networks are trained: python -m dls train --config THIS_FILE ...
# Every setting may be left out and then has the paper's value (Zhen et al., Front Oncol 2020, 10:680).
"""
_SEARCH_EXAMPLE = """\
# For example:
# learning_rate = [0.1, 0.03]
"""


def read_config(name_or_path: str) -> TrainingConfig:
    """Configuration of a name ("paper", "demo") or of a TOML file.

    Raises
    ------
    InputError
        when there is no such name or file, or the file has an unknown setting or a wrong value.
    """
    if name_or_path in CONFIGS:
        return CONFIGS[name_or_path]
    path = Path(name_or_path)
    try:
        given = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise InputError(
            "No such training configuration",
            expected=" or ".join([*CONFIGS, "the path of a TOML file"]),
            got=name_or_path,
            remedy="write a file to start from: python -m dls train --write-config FILE.toml",
        ) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, OSError) as error:
        raise InputError(f"{path} cannot be read", expected="a TOML file", got=str(error)) from error
    values = {name: _checked(path, name, value) for name, value in given.items()}
    return replace(PAPER, **{"name": path.stem, **values})


def write_config(config: TrainingConfig) -> str:
    """The configuration as the text of a TOML file that `read_config` reads back, each setting explained."""
    meaning = _meanings()
    lines = [_HEAD]
    for field in fields(config):
        value = getattr(config, field.name)
        comment = [f"# {line}" for line in meaning[field.name]]
        if field.name == "search":
            table = [f"{name} = {_toml(list(values))}" for name, values in value.items()]
            lines += ["[search]", *comment, *(table or _SEARCH_EXAMPLE.splitlines())]
        else:
            lines += [
                *comment,
                f"{field.name} = {_toml(_NOTHING[field.name] if value is None else value)}",
                "",
            ]
    return "\n".join(lines) + "\n"


def _checked(path: Path, name: str, value: Any) -> Any:
    """The value as the configuration takes it; integers stand for floats too."""
    types = {field.name: str(field.type) for field in fields(TrainingConfig)}
    if name not in types:
        near = difflib.get_close_matches(name, types, 1)
        raise InputError(
            f"{path} has an unknown setting: {name}",
            expected="one of " + ", ".join(types),
            remedy=f"perhaps {near[0]} was meant" if near else "",
        )
    if value == _NOTHING.get(name):
        return None
    kind = types[name]
    wanted: type = str
    if name == "search":
        wanted = dict
    elif kind.startswith("float"):
        wanted = float
    elif kind.startswith("int"):
        wanted = int
    elif kind == "bool":
        wanted = bool
    if wanted is float and type(value) is int:
        value = float(value)
    if type(value) is not wanted:
        raise InputError(f"{path}: {name} has the wrong type", expected=wanted.__name__, got=f"{value!r}")
    return value


def _meanings() -> dict[str, list[str]]:
    """What each setting means, in lines, from the configuration's own documentation."""
    parameters = str(TrainingConfig.__doc__).split("----------\n", 1)[1]
    found: dict[str, list[str]] = {}
    for entry in re.split(r"\n    (?=\w)", "\n" + parameters.rstrip()):
        names, _, meaning = entry.strip().partition(" : ")
        for name in names.split(", "):
            found[name] = [line.strip() for line in meaning.splitlines()]
    return found


def _toml(value: Any) -> str:
    """A string, number, truth value or list of these; JSON's form of them is TOML's too."""
    return json.dumps(value, ensure_ascii=False)
