"""Dockerfile, compose file and the proxy's file: they parse, name what exists, and fit together."""

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml
from dockerfile_parse import DockerfileParser

ROOT = Path(__file__).parents[1]
INSTRUCTIONS = {
    "FROM", "RUN", "WORKDIR", "COPY", "ENV", "VOLUME", "EXPOSE", "CMD", "USER", "HEALTHCHECK", "COMMENT",
}  # fmt: skip


def instructions() -> list[dict[str, str]]:
    with (ROOT / "Dockerfile").open("rb") as file:
        return DockerfileParser(fileobj=file).structure


@pytest.fixture
def compose() -> dict:
    return yaml.safe_load((ROOT / "compose.yaml").read_text())


def value(instruction: str) -> str:
    return next(line["value"] for line in instructions() if line["instruction"] == instruction)


def test_every_line_is_a_known_instruction() -> None:
    assert {line["instruction"] for line in instructions()} <= INSTRUCTIONS
    assert next(line["instruction"] for line in instructions() if line["instruction"] != "COMMENT") == "FROM"


def test_every_copied_path_exists_and_is_in_the_context() -> None:
    sources = [
        p for line in instructions() if line["instruction"] == "COPY" for p in line["value"].split()[:-1]
    ]
    assert "app.py" in sources
    assert [p for p in sources if not (ROOT / p).exists()] == []
    assert not {p.rstrip("/") for p in (ROOT / ".dockerignore").read_text().split()} & set(sources)


def test_it_serves_the_study_of_its_volume_and_not_as_root() -> None:
    assert json.loads(value("CMD")) == ["python", "-m", "dls", "run", "--address", "0.0.0.0"]
    assert f"DLS_HOME={value('VOLUME')} " in value("ENV")
    assert value("USER") == "dls"
    assert "/healthz" in value("HEALTHCHECK")


def test_only_the_proxy_can_be_reached_and_it_alone_is_believed(compose: dict) -> None:
    services = compose["services"]
    assert set(services) == {"dls", "backup", "proxy"}
    assert {name for name, service in services.items() if "ports" in service} == {"proxy"}
    proxy = services["proxy"]["networks"]["front"]["ipv4_address"]
    assert services["dls"]["environment"]["DLS_TRUSTED_PROXIES"] == proxy
    assert services["dls"]["environment"]["DLS_URL"].startswith("https://${DLS_HOST")
    assert "study:/study" in services["dls"]["volumes"]
    assert "study:/study" in services["backup"]["volumes"]
    assert set(compose["volumes"]) == {"study", "certificates"}
    device = services["dls"]["deploy"]["resources"]["reservations"]["devices"][0]
    assert device["capabilities"] == ["gpu"]


def test_the_proxy_passes_on_to_the_application_and_hides_its_metrics() -> None:
    text = (ROOT / "Caddyfile").read_text()
    assert re.search(rf"^\treverse_proxy dls:{value('EXPOSE')}$", text, re.MULTILINE)
    assert re.search(r"^\trespond /metrics 404$", text, re.MULTILINE)
    assert text.count("{") == text.count("}")
    if shutil.which("caddy"):
        command = ["caddy", "validate", "--adapter", "caddyfile", "--config", ROOT / "Caddyfile"]
        environment = {"DLS_HOST": "localhost", "HOME": "/tmp"}
        subprocess.run(command, check=True, capture_output=True, env=environment)
