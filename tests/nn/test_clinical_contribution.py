"""Contributions of clinical variables: completeness, an oracle by the network itself, refusals."""

import numpy as np
import pytest

from dls.clinical import VARIABLES, ClinicalRecord, encode
from dls.errors import InputError
from dls.nn import clinical_contribution as module
from dls.nn.clinical_contribution import clinical_contribution
from dls.nn.predict import features, predict

KNOWN = ClinicalRecord(age=70, sex="male", cirrhosis_history=True, afp=900.0)


def log_probability(package, groups, record, target):
    codes = np.tile(encode(record), (len(groups.pixels), 1))
    return np.log(predict(package, groups.pixels, codes))[:, target].mean()


@pytest.mark.parametrize("target", [0, 1, 2])
def test_contributions_sum_to_what_the_clinical_data_changed(model_g, groups, target):
    codes = np.tile(encode(KNOWN), (len(groups.pixels), 1))
    found = clinical_contribution(model_g, features(model_g, groups.pixels, codes), target)
    assert sum(found.by_variable.values()) == pytest.approx(found.change, abs=1e-4)
    unknown = log_probability(model_g, groups, ClinicalRecord(), target)
    assert found.change == pytest.approx(log_probability(model_g, groups, KNOWN, target) - unknown, abs=1e-4)
    assert found.target == model_g.classes[target]


def test_what_is_missing_contributes_nothing(model_g, groups):
    codes = np.tile(encode(KNOWN), (len(groups.pixels), 1))
    found = clinical_contribution(model_g, features(model_g, groups.pixels, codes), 0)
    known = {"age", "sex", "cirrhosis_history", "afp"}
    assert {name for name, value in found.by_variable.items() if value != 0} == known
    assert list(found.by_variable) == [v.name for v in VARIABLES]


def test_a_single_variable_has_the_whole_change(model_g, groups):
    """With one variable known, its contribution is the change that the network itself shows."""
    one = ClinicalRecord(afp=900.0)
    codes = np.tile(encode(one), (len(groups.pixels), 1))
    found = clinical_contribution(model_g, features(model_g, groups.pixels, codes), 1)
    change = log_probability(model_g, groups, one, 1) - log_probability(model_g, groups, ClinicalRecord(), 1)
    assert found.by_variable["afp"] == pytest.approx(change, abs=1e-4)
    assert abs(change) > 1e-3


def test_path_of_a_strong_effect_is_fine_enough(model_g, monkeypatch):
    """Weights far stronger than trained ones: from nearly 0 to nearly 1."""
    width = 256 + model_g.clinical_codes
    kernel = np.random.default_rng(2).normal(scale=4.0, size=(width, 3))
    monkeypatch.setattr(module, "load_last_layer", lambda _package: (kernel, np.zeros(3)))
    hidden = np.concatenate(
        [np.random.default_rng(1).random((4, 256)) / 50, np.tile(encode(KNOWN), (4, 1))], 1
    )
    found = [clinical_contribution(model_g, hidden, target) for target in range(3)]
    assert max(abs(f.change) for f in found) > 3
    for one in found:
        assert sum(one.by_variable.values()) == pytest.approx(one.change, rel=1e-2)


def test_models_without_clinical_data_and_wrong_features_are_refused(model_b, model_g):
    with pytest.raises(InputError, match="takes no clinical data"):
        clinical_contribution(model_b, np.zeros((1, 256)), 0)
    with pytest.raises(InputError, match=r"\(n, 312\)|n at least 1"):
        clinical_contribution(model_g, np.zeros((0, 300)), 0)
    with pytest.raises(InputError, match="0 to 2"):
        clinical_contribution(model_g, np.zeros((1, 256 + model_g.clinical_codes)), 3)
