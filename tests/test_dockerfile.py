"""The Dockerfile parses, copies what exists and runs the README's own commands."""

import json
from pathlib import Path

from dockerfile_parse import DockerfileParser

ROOT = Path(__file__).parents[1]
INSTRUCTIONS = {"FROM", "RUN", "WORKDIR", "COPY", "ENV", "VOLUME", "EXPOSE", "CMD", "ARG", "COMMENT"}


def instructions() -> list[dict[str, str]]:
    with (ROOT / "Dockerfile").open("rb") as file:
        return DockerfileParser(fileobj=file).structure


def test_every_line_is_a_known_instruction() -> None:
    assert {line["instruction"] for line in instructions()} <= INSTRUCTIONS
    assert next(line["instruction"] for line in instructions() if line["instruction"] != "COMMENT") == "FROM"


def test_every_copied_path_exists() -> None:
    sources = [
        p for line in instructions() if line["instruction"] == "COPY" for p in line["value"].split()[:-1]
    ]
    assert "app.py" in sources
    assert [p for p in sources if not (ROOT / p).exists()] == []


def test_it_runs_the_commands_of_the_readme() -> None:
    command = next(json.loads(line["value"]) for line in instructions() if line["instruction"] == "CMD")
    assert command[:2] == ["make", "run"]
    assert "make run" in (ROOT / "README.md").read_text()
    assert any(line["value"] == "make install" for line in instructions())
