"""Health for anybody, metrics for whoever has the token, and the server's log as JSON."""

import json
import logging
import re
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware

from dls.study.reading import worklist
from dls.study.store import Store
from dls.ui import logs
from dls.ui.routes import health
from dls.ui.routes.all_routes import all_routes
from dls.ui.routes.gate import Gate
from dls.ui.routes.measured import Measured
from tests.ui.asgi import Client
from tests.ui.conftest import SignIn

TOKEN = "a-long-random-token"
SAMPLE = re.compile(r'[a-z_]+(\{[a-z_]+="[^"\n]*"(,[a-z_]+="[^"\n]*")*\})? [0-9.e+-]+')


@pytest.fixture
def watched(study_store: Store) -> Client:
    return Client(Starlette(routes=all_routes(), middleware=[Middleware(Measured), Middleware(Gate)]))


@pytest.fixture
def token_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    file = tmp_path / "token"
    file.write_text(f"{TOKEN}\n")
    monkeypatch.setenv("DLS_METRICS_TOKEN_FILE", str(file))
    return file


def test_health_says_yes_or_no_to_anybody(
    anyone: Client, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    answer = anyone.get("/healthz")
    assert (answer.status, answer.json()) == (200, {"status": "ok"})
    monkeypatch.setattr(health, "LEAST_FREE_BYTES", 2**62)
    answer = anyone.get("/healthz")
    assert (answer.status, answer.json()) == (503, {"status": "unavailable"})
    assert "are free on the study's disk" in caplog.text


def test_metrics_are_closed_until_a_token_is_configured_and_without_it(
    anyone: Client, client_of: SignIn, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert anyone.get("/metrics").status == 404
    assert client_of("anna").get("/metrics").status == 404
    file = tmp_path / "token"
    file.write_text(TOKEN)
    monkeypatch.setenv("DLS_METRICS_TOKEN_FILE", str(file))
    for wrong in ("", "Bearer", "Bearer x", f"Basic {TOKEN}", f"Bearer {TOKEN}x"):
        assert anyone.get("/metrics", authorization=wrong).status == 401
    assert anyone.get("/metrics", authorization=f"Bearer {TOKEN}").status == 200


def test_metrics_count_and_name_nobody(
    watched: Client, client_of: SignIn, study_store: Store, token_file: Path
) -> None:
    code = worklist(study_store, 1)[0].code
    signed_in = Client(watched.app, client_of("anna").token)
    assert signed_in.get(f"/readings/{code}").status == 200
    assert watched.get(f"/readings/{code}").status == 401
    answer = watched.get("/metrics", authorization=f"Bearer {TOKEN}")
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    text = answer.body.decode()
    samples = [line for line in text.splitlines() if not line.startswith("#")]
    assert [line for line in samples if not SAMPLE.fullmatch(line)] == []
    values = dict(line.rsplit(" ", 1) for line in samples)
    assert values["dls_readings"] == str(len(study_store.readings()))
    assert int(values['dls_sign_ins_total{outcome="accepted"}']) >= 1
    assert values['dls_jobs{state="running"}'] == "0"
    assert int(values["dls_memory_bytes"]) > 10**6
    seen = {key: int(value) for key, value in values.items() if key.startswith("dls_request_seconds_count")}
    assert any('route="/readings/{code}"' in key and 'status="2xx"' in key for key in seen)
    for key, count in seen.items():
        largest = key.replace("_count{", "_bucket{").removesuffix("}") + ',le="+Inf"}'
        assert int(values[largest]) == count
    assert code not in text
    assert "anna" not in text


def test_a_line_of_the_log_is_json_and_tells_no_code(
    watched: Client, study_store: Store, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    code = worklist(study_store, 1)[0].code
    assert watched.get(f"/readings/{code}?name=Mrs+Example").status == 401
    lines = [logs.JsonLines().format(record) for record in caplog.records]
    found = [json.loads(line) for line in lines if '"dls.requests"' in line]
    assert found[-1]["status"] == 401
    assert found[-1]["method"] == "GET"
    assert found[-1]["route"] == "/readings"
    assert found[-1]["milliseconds"] >= 0
    assert code not in "".join(lines)
    assert "Example" not in "".join(lines)


def test_an_exception_is_logged_without_its_message(caplog: pytest.LogCaptureFixture) -> None:
    try:
        raise ValueError("Mrs Example")
    except ValueError:
        logging.getLogger("dls.test").exception("Something failed")
    line = json.loads(logs.JsonLines().format(caplog.records[-1]))
    assert (line["message"], line["exception"], line["level"]) == ("Something failed", "ValueError", "error")
    assert "test_health.py" in line["at"][0]
    assert "Example" not in json.dumps(line)


def test_cookies_are_for_https_alone_where_people_come_by_https(
    anyone: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "secure" not in anyone.get("/sign-in").headers["set-cookie"].lower()
    monkeypatch.setenv("DLS_URL", "https://study.example.org")
    assert "; secure" in anyone.get("/sign-in").headers["set-cookie"].lower()


def test_an_idle_sign_in_ends_after_the_minutes_of_the_configuration(
    client_of: SignIn, study_store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    client, code = client_of("anna"), worklist(study_store, 1)[0].code
    with study_store.write() as connection:
        connection.execute("UPDATE sign_in SET seen_at = strftime('%Y-%m-%dT%H:%M:%f', 'now', '-10 minutes')")
    monkeypatch.setenv("DLS_IDLE_MINUTES", "5")
    assert client.get(f"/readings/{code}").status == 401
    monkeypatch.setenv("DLS_IDLE_MINUTES", "30")
    assert client.get(f"/readings/{code}").status == 200
