"""Inference over patients: what each model gives alone, whatever the batch; what does not apply says why."""

import numpy as np
import pytest

from dls.clinical import ClinicalRecord, encode
from dls.domain import ALL_SEQUENCES, UNENHANCED, Sequence
from dls.errors import InputError
from dls.nn import inference as module
from dls.nn.inference import PatientImages, infer, not_applicable
from dls.nn.predict import features, predict

RECORD = ClinicalRecord(age=70, sex="male")


def patient(groups, index, **parts):
    own = groups.pixels[groups.patient == index]
    return PatientImages(**{"name": f"P{index}", "pixels": own, "clinical": RECORD} | parts)


def test_patients_get_what_each_model_gives_alone(groups, model_b, model_g, monkeypatch):
    monkeypatch.setattr(module, "BATCH", 3)
    patients = [patient(groups, i) for i in range(4)]
    steps = []
    answers = infer(
        {"B": model_b, "G": model_g}, patients, lambda done, total, _: steps.append((done, total))
    )
    assert [a.name for a in answers] == ["P0", "P1", "P2", "P3"]
    codes = encode(RECORD)[None]
    for found, given in zip(answers, patients, strict=True):
        both = np.repeat(codes, len(given.pixels), axis=0)
        np.testing.assert_allclose(
            found.answers["B"].probabilities, predict(model_b, given.pixels), atol=1e-5
        )
        np.testing.assert_allclose(
            found.answers["G"].probabilities, predict(model_g, given.pixels, both), atol=1e-5
        )
        np.testing.assert_allclose(
            found.answers["G"].hidden, features(model_g, given.pixels, both), rtol=1e-4, atol=1e-5
        )
        assert found.answers["B"].scores.sum() == pytest.approx(1)
        assert found.answers["B"].package_sha256 == model_b.sha256
        assert found.not_applicable == {}
    assert steps[-1] == (16, 16)


def test_what_is_missing_is_named_and_the_others_are_asked(groups, model_b, model_g):
    whole = patient(groups, 0)
    without_record = patient(groups, 1, clinical=None)
    without_dwi = patient(
        groups,
        2,
        pixels=groups.pixels[groups.patient == 2][..., [0, 2]],
        sequences=(Sequence.T2, Sequence.PRE),
    )
    found = infer({"B": model_b, "G": model_g}, [whole, without_record, without_dwi])
    assert [sorted(f.answers) for f in found] == [["B", "G"], ["B"], []]
    assert found[1].not_applicable == {"G": "no clinical data are recorded"}
    assert found[2].not_applicable == {"B": "DWI is missing", "G": "DWI is missing"}


def test_three_sequences_are_enough_for_a_model_of_three(groups, model_b):
    own = groups.pixels[groups.patient == 0]
    three = PatientImages("P", own[..., :3], UNENHANCED)
    [found] = infer({"B": model_b}, [three])
    np.testing.assert_allclose(found.answers["B"].probabilities, predict(model_b, own), atol=1e-5)


def test_reasons(model_b, model_g):
    assert not_applicable(model_b, ALL_SEQUENCES, None) is None
    assert not_applicable(model_b, (Sequence.T2,), None) == "DWI, T1 pre-contrast are missing"
    assert not_applicable(model_g, ALL_SEQUENCES, ClinicalRecord()) == "no clinical data are recorded"


def test_no_patients_give_no_answers(model_b):
    assert infer({"B": model_b}, []) == ()


def test_image_groups_of_another_size_are_refused(groups, model_b):
    with pytest.raises(InputError, match=r"P do not fit.*\(n, 32, 32, 6\)"):
        infer({"B": model_b}, [PatientImages("P", np.zeros((2, 16, 16, 6)))])
