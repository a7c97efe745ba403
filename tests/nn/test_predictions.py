"""Predictions of several models: one call, one file, patients' means."""

import numpy as np
import pytest

from dls.errors import InputError
from dls.nn.predict import patient_scores, predict
from dls.nn.predictions import Predictions, predict_all


@pytest.fixture(scope="module")
def predictions(groups, model_b, model_g):
    return predict_all({"B": model_b, "G": model_g}, groups)


def test_each_model_gives_what_it_gives_alone(predictions, groups, model_b, model_g):
    clinical = groups.clinical[groups.patient]
    np.testing.assert_array_equal(predictions.scores["B"], predict(model_b, groups.pixels))
    np.testing.assert_array_equal(predictions.scores["G"], predict(model_g, groups.pixels, clinical))
    assert predictions.packages == {"B": model_b.sha256, "G": model_g.sha256}


def test_file_gives_everything_back(predictions, groups, tmp_path):
    predictions.save(tmp_path / "new" / "scores.npz")
    again = Predictions.load(tmp_path / "new" / "scores.npz")
    assert again.packages == predictions.packages
    assert again.codes.tolist() == groups.codes.tolist()
    for letter in "BG":
        np.testing.assert_array_equal(again.scores[letter], predictions.scores[letter])
        np.testing.assert_array_equal(
            again.of_patients(letter), patient_scores(predictions.scores[letter], groups.patient)
        )


def test_other_files_are_refused(tmp_path):
    (tmp_path / "text.npz").write_text("case,score\n")
    np.savez(tmp_path / "partial.npz", scores_A=np.zeros((2, 7)))
    for name, message in (("absent", "No file"), ("text", "is not a file"), ("partial", "is not a file")):
        with pytest.raises(InputError, match=message):
            Predictions.load(tmp_path / f"{name}.npz")
