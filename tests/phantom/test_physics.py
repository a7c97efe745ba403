"""Signal equations against hand-computed values, tissues against published lesion/liver ratios."""

from __future__ import annotations

from dataclasses import replace
from math import acos, degrees, exp

import pytest

from dls.domain import Sequence
from dls.phantom.physics import (
    TISSUES,
    Tissue,
    Weighting,
    diffusion_attenuation,
    spin_echo,
    spoiled_gradient_echo,
    t1_at,
    t1_with_contrast,
    tissue_signal,
)

T2 = Weighting(Sequence.T2, 3.0, 3500.0, 82.0, 120.0)
DWI = Weighting(Sequence.DWI, 3.0, 4500.0, 60.0, 90.0, b_value=800.0)
T1 = {s: Weighting(s, 3.0, 4.0, 1.9, 10.0) for s in list(Sequence)[2:]}


def ratio(weighting: Weighting, tissue: Tissue) -> float:
    return tissue_signal(weighting, tissue) / tissue_signal(weighting, TISSUES["liver"])


def test_spin_echo_of_fully_relaxed_tissue_decays_by_e_after_one_t2() -> None:
    assert spin_echo(2.0, 1.0, 80.0, tr=1e6, te=80.0) == pytest.approx(2.0 / exp(1))


def test_diffusion_with_b_800_and_adc_of_water() -> None:
    assert diffusion_attenuation(2.5, 800.0) == pytest.approx(exp(-2.0))


def test_spoiled_gradient_echo_is_largest_at_the_ernst_angle() -> None:
    ernst = degrees(acos(exp(-4.0 / 800.0)))
    signals = [spoiled_gradient_echo(1.0, 800.0, tr=4.0, flip_angle=a) for a in (ernst - 1, ernst, ernst + 1)]
    assert max(signals) == signals[1]
    assert ernst == pytest.approx(5.73, abs=0.01)


def test_one_millimole_of_contrast_medium_at_1_5_tesla() -> None:
    assert t1_with_contrast(1000.0, 1.0, 1.5) == pytest.approx(1000 / (1 + 4.1))


def test_liver_t1_at_both_fields() -> None:
    assert t1_at(809.0, 3.0) == 809.0
    assert t1_at(809.0, 1.5) == pytest.approx(586, abs=10)


@pytest.mark.parametrize(
    ("tissue", "t2", "dwi", "pre"),
    [
        (Tissue(1.0, 3793, 341, 2.7), 4.8, 0.9, 0.30),
        (Tissue(0.92, 2524, 142, 1.57), 3.7, 1.7, 0.42),
        (Tissue(0.83, 1056, 76, 1.2), 2.3, 1.9, 0.82),
        (Tissue(0.86, 1757, 76, 1.1), 2.3, 1.9, 0.54),
    ],
    ids=["cyst", "hemangioma", "HCC", "metastasis"],
)
def test_unenhanced_ratio_to_liver_is_as_published(tissue: Tissue, t2: float, dwi: float, pre: float) -> None:
    assert ratio(T2, tissue) == pytest.approx(t2, rel=0.15)
    assert ratio(DWI, tissue) == pytest.approx(dwi, rel=0.2)
    assert ratio(T1[Sequence.PRE], tissue) == pytest.approx(pre, rel=0.15)


def test_phases_of_the_vessels() -> None:
    def phases(name: str) -> list[float]:
        return [tissue_signal(w, TISSUES[name]) for w in T1.values()]

    aorta, portal, hepatic = phases("artery"), phases("portal vein"), phases("hepatic vein")
    assert aorta[1] > aorta[2] > aorta[3] > aorta[0]
    assert portal[2] > max(portal[0], portal[1], portal[3])
    assert hepatic[1] < 1.4 * hepatic[0] < 0.7 * hepatic[2]
    assert aorta[1] > 1.5 * portal[1]


def test_fat_suppression_removes_fat_and_nothing_else() -> None:
    off = replace(T2, fat_suppression=0.0)
    assert tissue_signal(T2, TISSUES["fat"]) < 0.2 * tissue_signal(off, TISSUES["fat"])
    assert tissue_signal(T2, TISSUES["liver"]) == tissue_signal(off, TISSUES["liver"])
