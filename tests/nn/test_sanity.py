"""Weight randomisation: a map of the model changes with it, a map of the image does not."""

import numpy as np
import pytest
from scipy.stats import spearmanr

from dls.errors import InputError
from dls.nn import sanity as module
from dls.nn.predict import predict
from dls.nn.saliency import SaliencyMethod
from dls.nn.sanity import randomisation_check, rank_correlation


def test_correlation_is_spearmans():
    random = np.random.default_rng(0)
    a, b = random.integers(0, 9, (2, 3, 4, 5)).astype(np.float32)
    expected = np.mean([spearmanr(x.ravel(), y.ravel()).statistic for x, y in zip(a, b, strict=True)])
    assert rank_correlation(a, b) == pytest.approx(expected)
    assert rank_correlation(a, a) == pytest.approx(1)
    assert rank_correlation(a, np.ones_like(a)) == 0


@pytest.mark.parametrize("method", [SaliencyMethod.GRADIENT, SaliencyMethod.GRAD_CAM])
def test_maps_depend_on_the_weights(groups, model_b, method):
    stages = randomisation_check(model_b, groups.pixels[:6], method=method)
    assert [s.kernels for s in stages] == sorted({s.kernels for s in stages})
    assert stages[0].kernels == 1
    assert stages[-1].kernels == stages[-1].of
    assert stages[-1].correlation < 0.6
    assert all(-1 <= s.correlation <= 1 for s in stages)
    again = randomisation_check(model_b, groups.pixels[:6], method=method)
    assert again == stages


def test_a_map_of_the_image_alone_is_found_out(groups, model_b, monkeypatch):
    def edges(_package, pixels, *_args, **_kwargs):
        return np.abs(np.gradient(np.asarray(pixels[..., :3], np.float32), axis=1))

    monkeypatch.setattr(module, "saliency", edges)
    assert randomisation_check(model_b, groups.pixels[:4])[-1].correlation == pytest.approx(1)


def test_the_model_itself_stays_as_it_was(groups, model_g):
    clinical = groups.clinical[groups.patient]
    before = predict(model_g, groups.pixels, clinical)
    randomisation_check(model_g, groups.pixels[:2], clinical[:2])
    np.testing.assert_array_equal(predict(model_g, groups.pixels, clinical), before)


def test_without_image_groups_there_is_no_check(groups, model_b):
    with pytest.raises(InputError, match="needs image groups"):
        randomisation_check(model_b, groups.pixels[:0])
