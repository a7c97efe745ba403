"""The models' opinion by route: after the unaided reading is signed, to its reader alone."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from pathlib import Path

import pytest

from dls.study.protocol import SessionPlan
from dls.study.store import Store
from dls.ui.routes import images
from tests.ui.conftest import SignIn
from tests.ui.reading_study import make_reading_study

Codes = Callable[[str], list[str]]
ENTRY = {
    "lesion_class": 4,
    "malignancy": 90,
    "comment": "",
    "active_seconds": 2,
    "wall_seconds": 2,
    "stage": 1,
}


@pytest.fixture(scope="module")
def prepared_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("sequential")
    sessions = (SessionPlan(1, "Session 1", "sequential"),)
    store = make_reading_study(home, pixels=24, sessions=sessions, opinion_models=("D",))
    store.add_predictions("D", "ab" * 32, [1, 2, 3, 4, 5], [0] * 5, [[0.25, 0.75]] * 5)
    return home


def test_nothing_before_the_signature_and_all_of_it_after(
    client_of: SignIn, codes: Codes, study_store: Store
) -> None:
    client, own = client_of("anna"), codes("anna")
    path = f"/opinions/{own[0]}"
    assert client.write("POST", path, {}).status == 404
    assert client.get(f"{path}/D/t2").status == 404
    signed = client.write("POST", f"/readings/{own[0]}/sign", ENTRY).json()
    assert (signed["next"], signed["left"]) == (own[0], 5)
    again = client.write("POST", f"/readings/{own[0]}/sign", ENTRY)
    assert (again.status, again.json()["next"]) == (409, own[0])
    [model] = client.write("POST", path, {}).json()["models"]
    assert model == {
        "letter": "D",
        "classes": ["benign", "malignant"],
        "scores": [0.25, 0.75],
        "called": "malignant",
        "slugs": ["t2", "dwi", "pre"],
    }
    content = client.get(f"/readings/{own[0]}").json()
    assert (content["condition"], content["stage"], content["signed"]["lesion_class"]) == ("sequential", 2, 4)
    assert client_of("ben").write("POST", path, {}).status == 404
    assert client.write("POST", f"/opinions/{own[1]}", {}).status == 404
    done = client.write("POST", f"/readings/{own[0]}/sign", {**ENTRY, "stage": 2, "lesion_class": 5}).json()
    assert (done["next"], done["left"]) == (own[1], 4)
    assert study_store.readings()[["stage", "lesion_class"]].to_numpy().tolist() == [[1, 4], [2, 5]]


def test_saliency_of_a_shown_model_alone(
    client_of: SignIn, codes: Codes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "t2.u8.gz").write_bytes(gzip.compress(b"\x01\x02"))
    monkeypatch.setattr(images, "ensure_saliency", lambda *_: tmp_path)
    client, code = client_of("anna"), codes("anna")[0]
    client.write("POST", f"/readings/{code}/sign", ENTRY)
    assert client.get(f"/opinions/{code}/D/t2").status == 404
    client.write("POST", f"/opinions/{code}", {})
    assert gzip.decompress(client.get(f"/opinions/{code}/D/t2").body) == b"\x01\x02"
    assert client.get(f"/opinions/{code}/A/t2").status == 404
    assert client.get(f"/opinions/{code}/D/equilibrium").status == 404
