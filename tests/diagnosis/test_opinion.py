"""The way from D to F and G, and every reason for care, from scores that are made up."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from dls.clinical import ClinicalRecord
from dls.diagnosis.answers import Answers, features_of
from dls.diagnosis.opinion import Way, missing_clinical, way
from dls.diagnosis.patients import NUMBER, Patient, note_clinical
from dls.domain import MODELS
from dls.nn.novelty import Gaussians, add_novelty
from dls.nn.package import ModelPackage
from dls.study.store import Store
from tests.diagnosis.packages import all_packages

SURE: dict[str, list[list[float]]] = {
    "A": [[0, 0, 0, 0, 0.9, 0.1, 0]] * 3,
    "B": [[0, 0, 0, 0, 0.6, 0.4, 0]] * 3,
    "C": [[0.2, 0.8]] * 3,
    "D": [[0.1, 0.9]] * 3,
    "E": [[0.5, 0.3, 0.2]] * 3,
    "F": [[0.7, 0.2, 0.1]] * 3,
    "G": [[0.6, 0.3, 0.1]] * 3,
}
Ask = Callable[..., Way]


@pytest.fixture
def packages(tmp_path: Path) -> dict[str, ModelPackage | str]:
    return all_packages(tmp_path / "models", temperature=2.0)


@pytest.fixture
def whole(store: Store, patient: Patient) -> Patient:
    """The patient with every clinical value, on a scanner that the models know."""
    full = ClinicalRecord(
        60.0, "male", True, False, 500.0, 2.0, 20.0, 10.0, 1.0, 200.0, 40.0, 10.0, 1.0, "none", "none"
    )
    return replace(note_clinical(store, patient, full), scanner="Maker 3 T")


@pytest.fixture
def ask(whole: Patient, packages: dict[str, ModelPackage | str]) -> Ask:
    def asked(
        who: Patient | None = None,
        points: dict[str, float] | None = None,
        lacking: dict[str, str] | None = None,
        **scores: list[list[float]],
    ) -> Way:
        rows = {k: np.array(v, float) for k, v in (SURE | scores).items() if k not in (lacking or {})}
        hashes = {k: p.sha256 for k, p in packages.items() if isinstance(p, ModelPackage) and k in rows}
        return way(who or whole, Answers("", "", 1.0, hashes, rows, lacking or {}), packages, points or {})

    return asked


def test_a_malignant_call_goes_on_to_f_and_g(ask: Ask) -> None:
    found = ask()
    assert found.triage is not None
    assert (found.triage.called, found.triage.score) == ("malignant", pytest.approx(0.9))
    assert [(o.letter, o.called) for o in found.typing] == [("F", "HCC"), ("G", "HCC")]
    assert [o.letter for o in found.beside] == ["A", "B", "C"]
    assert [o.letter for o in found.unused] == ["E"]
    assert found.leading is found.typing[0]
    assert found.cautions == ()
    assert found.not_applicable == {}


def test_a_benign_call_ends_the_way(ask: Ask) -> None:
    found = ask(D=[[0.8, 0.2]] * 3, A=[[1, 0, 0, 0, 0, 0, 0]], B=[[1, 0, 0, 0, 0, 0, 0]], C=[[0.7, 0.3]])
    assert found.typing == ()
    assert [o.letter for o in found.unused] == ["E", "F", "G"]
    assert found.leading is found.triage
    assert found.cautions == ()


def test_the_protocols_operating_point_decides(ask: Ask) -> None:
    scores = [[0.65, 0.35]] * 3
    assert ask(D=scores).triage.called == "benign"  # type: ignore[union-attr]
    found = ask(D=scores, points={"D": 0.3}).triage
    assert found is not None
    assert (found.called, found.score, found.agreeing) == ("malignant", pytest.approx(0.35), 3)


def test_spread_and_temperature_counted_by_hand(ask: Ask) -> None:
    found = ask(D=[[0.4, 0.6], [0.6, 0.4], [0.0, 1.0]])
    one = found.triage
    assert one is not None
    assert one.score == pytest.approx(2 / 3)
    assert (one.agreeing, one.sections, one.low, one.high) == (2, 3, 0.4, 1.0)
    assert one.spread == "only 2 of 3 cross sections agree (score 0.40 to 1.00)"
    root = np.sqrt([1 / 3, 2 / 3])
    assert one.calibrated == pytest.approx(root[1] / root.sum())
    assert found.cautions == ("Model D is divided: 2 of 3 cross sections say malignant.",)
    assert ask(D=[[0.1, 0.9]]).triage.spread.startswith("one cross section only")  # type: ignore[union-attr]


def test_contradictions_are_said(ask: Ask) -> None:
    found = ask(C=[[0.9, 0.1]], A=[[0, 1, 0, 0, 0, 0, 0]], G=[[0.1, 0.8, 0.1]])
    assert found.cautions == (
        "Model A contradicts Model D: it calls hemangioma.",
        "Model C contradicts Model D: it calls benign.",
        "Models F and G differ: F HCC, G metastatic malignancy.",
    )


def test_without_d_there_is_no_triage(ask: Ask) -> None:
    found = ask(lacking={"D": "DWI is missing", "B": "DWI is missing", "G": "DWI is missing"})
    assert found.triage is None
    assert found.typing == ()
    assert found.not_applicable == dict.fromkeys("BDG", "DWI is missing")
    assert found.cautions[0].startswith("Without Model D there is no triage")


def test_missing_values_and_a_new_scanner_are_said(ask: Ask, store: Store, patient: Patient) -> None:
    sparse = note_clinical(store, patient, ClinicalRecord(age=61.0, afp=900.0))
    found = ask(who=replace(sparse, scanner="Other 1.5 T"))
    scanner, missing = found.cautions
    assert scanner == "Models A, B, C, D, F and G did not learn from images of this scanner (Other 1.5 T)."
    assert missing.startswith("13 of 15 clinical values are missing: Sex, Cirrhosis-related history")
    assert "Age" not in missing
    assert len(missing_clinical(sparse)) == 13


def test_another_package_since_then_is_not_passed_over(
    ask: Ask, whole: Patient, tmp_path: Path, packages: dict[str, ModelPackage | str]
) -> None:
    packages["D"] = "the package of Model D is damaged"
    found = ask()
    assert found.triage is None
    assert found.not_applicable == {"D": "the package of Model D is damaged"}
    del packages["D"]
    assert ask().not_applicable == {"D": "the study has no package of it"}
    packages |= {"D": all_packages(tmp_path / "newer")["D"]}
    rows = {k: np.array(v, float) for k, v in SURE.items()}
    without = Answers("", "", 1.0, dict.fromkeys(MODELS, "0" * 64), rows | {"D": rows["D"]}, {})
    del without.probabilities["D"]  # type: ignore[attr-defined]
    assert "since: ask again" in way(whole, without, packages, {}).not_applicable["D"]
    old = Answers("", "", 1.0, dict.fromkeys(MODELS, "0" * 64), rows, {})
    assert "ask again" in way(whole, old, packages, {}).not_applicable["D"]


def test_images_unlike_the_training_are_said(
    ask: Ask, patient: Patient, packages: dict[str, ModelPackage | str]
) -> None:
    d = packages["D"]
    assert isinstance(d, ModelPackage)
    quantiles = np.linspace(0, 10, 101, dtype=np.float32)
    add_novelty(d, Gaussians(np.zeros((2, 4), np.float32), np.eye(4, dtype=np.float32), quantiles))
    features_of(patient).put(d.sha256, NUMBER, np.full((3, 4), 0.5))
    ordinary = ask().triage
    assert ordinary is not None
    assert ordinary.novelty is not None
    assert (ordinary.novelty.distance, ordinary.novelty.unusual) == (pytest.approx(1.0), False)
    features_of(patient).put(d.sha256, NUMBER, np.full((3, 4), 5.0))
    assert ask().cautions[0].startswith("This patient is unlike those that Model D learned from")


def test_what_cannot_be_read_beside_the_scores_is_said(
    ask: Ask, packages: dict[str, ModelPackage | str]
) -> None:
    d = packages["D"]
    assert isinstance(d, ModelPackage)
    (d.folder / "novelty.npz").write_bytes(b"no archive")
    found = ask()
    assert found.triage is not None
    assert found.triage.novelty is None
    assert "novelty.npz cannot be read" in found.cautions[0]
