"""Images and drawing of a diagnosed patient: for investigators and administrators only."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from dls.diagnosis.patients import NUMBER, Patient, admit, find
from dls.domain import Sequence
from dls.imaging.reception import receive
from dls.imaging.sources import folder_files
from dls.intake.case_import import Confirmed
from dls.study import audit
from dls.study.store import Store
from dls.ui import context
from dls.ui.routes import diagnosis
from tests.diagnosis.conftest import square
from tests.imaging.series import write_study
from tests.ui.asgi import Client
from tests.ui.conftest import SignIn
from tests.ui.routes.test_images import PRIVATE


@pytest.fixture
def patient(study_store: Store, tmp_path: Path) -> Patient:
    home = study_store.path.parent
    delivery = receive(folder_files(write_study(tmp_path / "study")), home, "browser")
    return admit(study_store, home, delivery, Confirmed(delivery.suggestion, by_person=True), label="Third")


def test_the_viewer_gets_images_marked_for_research(client_of: SignIn, patient: Patient) -> None:
    client = client_of("ines")
    shown = client.get(f"/diagnosis/{patient.id}/images").json()
    assert shown["notice"] == "Research use only"
    assert [s["name"] for s in shown["series"]] == [str(s) for s in Sequence]
    answer = client.get("/" + shown["series"][1]["url"])
    assert PRIVATE.items() <= answer.headers.items()
    expected = patient.archive.volumes(NUMBER)[Sequence.DWI].voxels
    assert gzip.decompress(answer.body) == expected.astype("<i2").tobytes()


def test_a_drawing_is_kept(client_of: SignIn, patient: Patient, study_store: Store) -> None:
    client, path = client_of("adam"), f"/diagnosis/{patient.id}/outline"
    before = client.get(path).json()
    assert (before["code"], before["notice"], before["revision"]) == ("Third", "Research use only", 0)
    record = square(patient).to_record()
    answer = client.write("POST", path, {"after": 0, "reason": "", "regions": record})
    assert answer.status == 200, answer.body
    assert (answer.json()["revision"], answer.json()["drawn_by"]) == (1, "Adam")
    assert client.get(path).json()["regions"]["lesions"][0]["contours"] == record["lesions"][0]["contours"]
    assert set(client.get(f"{path}/mismatch").json()) <= {s.slug for s in Sequence}
    again = client.write("POST", path, {"after": 0, "reason": "", "regions": record})
    assert again.status == 409
    assert find(context.home(), patient.id).drawn == 1
    assert study_store.cases().index.tolist() == [1, 2, 3, 4, 5]
    assert audit.verify(study_store).ok


@pytest.mark.parametrize(
    "path", ["images", "images/t2", "images/t2?k=0", "outline", "outline/mismatch", "saliency/D/t2"]
)
def test_readers_and_strangers_get_nothing(
    client_of: SignIn, anyone: Client, patient: Patient, path: str
) -> None:
    address = f"/diagnosis/{patient.id}/{path}"
    assert client_of("anna").get(address).status == 404
    assert anyone.get(address).status == 401
    assert client_of("ines").get(f"/diagnosis/{'0' * 16}/{path}").status == 404


def test_readers_draw_nothing(client_of: SignIn, patient: Patient) -> None:
    content = {"after": 0, "reason": "", "regions": square(patient).to_record()}
    assert client_of("anna").write("POST", f"/diagnosis/{patient.id}/outline", content).status == 404
    assert not find(context.home(), patient.id).outlined


def test_saliency_is_the_patients_own(
    client_of: SignIn, patient: Patient, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    asked = []

    def made(letter: str, images: object, root: Path, number: int, clinical: object, **more: object) -> Path:
        asked.append((letter, root, number, more["target"]))
        (tmp_path / "t2.u8.gz").write_bytes(gzip.compress(b"\x07"))
        return tmp_path

    monkeypatch.setattr(diagnosis, "saliency_of", made)
    client = client_of("ines")
    answer = client.get(f"/diagnosis/{patient.id}/saliency/D/t2?class=malignant")
    assert gzip.decompress(answer.body) == b"\x07"
    assert asked == [("D", patient.folder / "saliency", NUMBER, "malignant")]
    assert client.get(f"/diagnosis/{patient.id}/saliency/D/portal").status == 404
