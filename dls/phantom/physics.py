"""MR signal equations and the relaxation, diffusion and contrast uptake of abdominal tissues.

Equations: spin echo, mono-exponential diffusion weighting (Stejskal–Tanner) and the spoiled gradient echo in
steady state (Ernst).  Contrast medium shortens T1 in proportion to its concentration (relaxivity in plasma of
gadopentetate: Rohrer et al., Invest Radiol 2005;40:715).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import cos, exp, radians, sin

import numpy as np

from dls.domain import Sequence

RELAXIVITY: dict[float, float] = {1.5: 4.1, 3.0: 3.7}
"""Longitudinal relaxivity of gadopentetate in plasma, L/(mmol·s), by field strength in tesla."""

CONTRAST_PHASES: tuple[Sequence, ...] = (Sequence.ARTERIAL, Sequence.PORTAL, Sequence.EQUILIBRIUM)


@dataclass(frozen=True, slots=True)
class Tissue:
    """What a sequence sees of a tissue.

    Parameters
    ----------
    density : proton density relative to water
    t1, t2 : ms, at 3 T
    adc : apparent diffusion coefficient, 10⁻³ mm²/s
    uptake : contrast medium in late arterial, portal venous and equilibrium phase, mmol/L
    fat : fraction of the signal that fat suppression removes
    flow : fraction of the spin-echo signal lost to flow
    """

    density: float
    t1: float
    t2: float
    adc: float
    uptake: tuple[float, float, float] = (0.0, 0.0, 0.0)
    fat: float = 0.0
    flow: float = 0.0

    def varied(self, rng: np.random.Generator, relative: float = 0.06) -> Tissue:
        """The same tissue in another person: relaxation, diffusion and uptake scaled log-normally."""
        a, b, c, d = np.exp(relative * rng.standard_normal(4)).tolist()
        uptake = (self.uptake[0] * d, self.uptake[1] * d, self.uptake[2] * d)
        return replace(self, t1=self.t1 * a, t2=self.t2 * b, adc=self.adc * c, uptake=uptake)


@dataclass(frozen=True, slots=True)
class Weighting:
    """Parameters of one acquisition that set its contrast.

    Parameters
    ----------
    sequence : which of the six
    field : tesla
    repetition_time, echo_time : ms
    flip_angle : degrees; used by the gradient echo
    b_value : s/mm²; used by the diffusion sequence
    fat_suppression : part of the fat signal that is removed, 0 to 1
    """

    sequence: Sequence
    field: float
    repetition_time: float
    echo_time: float
    flip_angle: float
    b_value: float = 0.0
    fat_suppression: float = 0.9


def spin_echo(density: float, t1: float, t2: float, *, tr: float, te: float) -> float:
    """Spin-echo signal M0 (1 - exp(-TR/T1)) exp(-TE/T2); times in ms."""
    return density * (1.0 - exp(-tr / t1)) * exp(-te / t2)


def diffusion_attenuation(adc: float, b_value: float) -> float:
    """exp(-b ADC), with ADC in 10⁻³ mm²/s and b in s/mm²."""
    return exp(-b_value * 1e-3 * adc)


def spoiled_gradient_echo(density: float, t1: float, *, tr: float, flip_angle: float) -> float:
    """Ernst's steady state M0 sin a (1 - E1) / (1 - cos a E1), E1 = exp(-TR/T1); T2* decay is left out."""
    e1, a = exp(-tr / t1), radians(flip_angle)
    return density * sin(a) * (1.0 - e1) / (1.0 - cos(a) * e1)


def t1_with_contrast(t1: float, concentration: float, field: float) -> float:
    """T1 in ms once 1/T1 has risen by relaxivity times concentration (mmol/L)."""
    return 1.0 / (1.0 / t1 + 1e-3 * RELAXIVITY[field] * concentration)


def t1_at(t1: float, field: float) -> float:
    """T1 at `field` of a tissue whose T1 at 3 T is given, ms.

    Below 3 T it shortens as (field/3)^0.45 for soft tissue (liver: 809 ms at 3 T, 586 ms at 1.5 T; de
    Bazelaire et al., Radiology 2004;230:652) and less towards 4 s, as free water hardly depends on the field.
    """
    exponent = 0.45 * min(max((4200.0 - t1) / 3200.0, 0.0), 1.0)
    return float(t1 * (field / 3.0) ** exponent)


def t2_at(t2: float, field: float) -> float:
    """T2 at `field` of a tissue whose T2 at 3 T is given, ms: about 10 % longer at 1.5 T."""
    return t2 * (1.1 if field < 2.0 else 1.0)


def tissue_signal(weighting: Weighting, tissue: Tissue) -> float:
    """Signal of a tissue in a sequence, relative to M0 = 1 of water; fat suppression and flow included."""
    w = weighting
    t1, t2 = t1_at(tissue.t1, w.field), t2_at(tissue.t2, w.field)
    if w.sequence in (Sequence.T2, Sequence.DWI):
        value = spin_echo(tissue.density, t1, t2, tr=w.repetition_time, te=w.echo_time)
        value *= diffusion_attenuation(tissue.adc, w.b_value) * (1.0 - tissue.flow)
    else:
        if w.sequence in CONTRAST_PHASES:
            t1 = t1_with_contrast(t1, tissue.uptake[CONTRAST_PHASES.index(w.sequence)], w.field)
        value = spoiled_gradient_echo(tissue.density, t1, tr=w.repetition_time, flip_angle=w.flip_angle)
    return value * (1.0 - tissue.fat * w.fat_suppression)


TISSUES: dict[str, Tissue] = {
    "skin": Tissue(0.62, 1000, 33, 1.2, (0.1, 0.2, 0.2), fat=0.35),
    "fat": Tissue(0.95, 380, 75, 0.3, fat=0.96),
    "visceral fat": Tissue(0.88, 400, 70, 0.35, fat=0.92),
    "muscle": Tissue(0.78, 1100, 33, 1.45, (0.05, 0.14, 0.18)),
    "bone": Tissue(0.55, 900, 48, 0.6, (0.10, 0.18, 0.2), fat=0.45),
    "cortical bone": Tissue(0.12, 600, 20, 0.5),
    "disc": Tissue(0.75, 1200, 65, 1.5),
    "csf": Tissue(1.00, 4000, 700, 2.9),
    "cord": Tissue(0.75, 1000, 76, 0.9),
    "lung": Tissue(0.06, 1200, 25, 1.5, (0.3, 0.3, 0.2)),
    "air": Tissue(0.0, 1000, 50, 1.0),
    "heart": Tissue(0.80, 1300, 46, 1.6, (1.1, 0.8, 0.6), flow=0.5),
    "liver": Tissue(0.80, 800, 42, 1.10, (0.09, 0.50, 0.42)),
    "spleen": Tissue(0.88, 1350, 66, 0.85, (0.75, 0.62, 0.50)),
    "renal cortex": Tissue(0.88, 1150, 80, 1.75, (1.7, 1.1, 0.9)),
    "renal medulla": Tissue(0.92, 1550, 88, 1.8, (0.35, 1.0, 1.0)),
    "pancreas": Tissue(0.82, 720, 44, 1.45, (0.55, 0.45, 0.35)),
    "stomach wall": Tissue(0.80, 1100, 45, 1.4, (0.35, 0.45, 0.4)),
    "gastric fluid": Tissue(0.95, 2600, 220, 2.3),
    "chyme": Tissue(0.85, 1500, 75, 1.7),
    "bowel": Tissue(0.75, 1200, 60, 1.6, (0.3, 0.35, 0.3)),
    "bile": Tissue(1.00, 2800, 420, 2.7),
    "ascites": Tissue(1.00, 3800, 480, 2.8, (0.0, 0.01, 0.04)),
    "artery": Tissue(0.90, 1650, 120, 2.2, (3.2, 1.75, 1.0), flow=0.92),
    "portal vein": Tissue(0.90, 1650, 90, 2.2, (0.75, 1.85, 1.0), flow=0.55),
    "hepatic vein": Tissue(0.90, 1650, 90, 2.2, (0.05, 1.5, 1.0), flow=0.65),
    "cava": Tissue(0.90, 1650, 90, 2.2, (0.45, 1.2, 1.0), flow=0.75),
    "bile duct": Tissue(0.98, 2800, 300, 2.4),
}
"""Typical values at 3 T: de Bazelaire et al., Radiology 2004;230:652 and Stanisz et al., Magn Reson Med
2005;54:507 for relaxation; uptakes are chosen to give the usual look of each phase."""
