"""A patient's six MR series from the seed: anatomy and lesion, signal equations, coil, breathing, noise."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from dls.domain import ALL_SEQUENCES, Sequence
from dls.geometry import Geometry
from dls.phantom.body import Body, draw_body
from dls.phantom.cohort import PhantomPatient
from dls.phantom.grids import covering, draw_grid, draw_shift, draw_tilt
from dls.phantom.noise import magnitude
from dls.phantom.outline import draw_outline
from dls.phantom.painter import Grid, Painter
from dls.phantom.physics import TISSUES, Weighting, tissue_signal
from dls.phantom.scanner import DYNAMIC, SCANNERS, Protocol, Scanner
from dls.phantom.shapes import Array
from dls.phantom.tags import series_tags

_B_VALUE = 800.0
_BREATHING_MM = {Sequence.T2: 2.2, Sequence.DWI: 2.6}
_DYNAMIC_BREATHING_MM = 1.6
_PLANNING_MARGIN_MM = 9.0
"""Room above and below the lesion when the slices are planned; breathing moves it by up to 6.5 mm."""
_RELATIVE_SCALE = {Sequence.T2: 1.0, Sequence.DWI: 0.4}
_DYNAMIC_SCALE = 0.8
_LARGEST = 32767


@dataclass(frozen=True, slots=True)
class PhantomSeries:
    """One series.

    Parameters
    ----------
    voxels : (slices, rows, columns) int16, stored values
    geometry : where they lie
    tags : DICOM keyword -> value, the same in every slice
    """

    sequence: Sequence
    voxels: NDArray[np.int16]
    geometry: Geometry
    tags: dict[str, object]


@dataclass(frozen=True, slots=True)
class PhantomStudy:
    """A patient's six series and the outline of the lesion, (n, 3) mm per T2 slice that meets it."""

    patient: PhantomPatient
    series: tuple[PhantomSeries, ...]
    outline: tuple[NDArray[np.float64], ...]


def render(patient: PhantomPatient) -> PhantomStudy:
    """All six series of a patient and the outline on T2; the same bytes for the same patient."""
    scanner = SCANNERS[patient.scanner]
    body = draw_body(patient)
    rng = np.random.default_rng([patient.seed, 3])
    grids = _draw_grids(scanner, body, rng)
    series = tuple(
        PhantomSeries(
            sequence,
            _voxels(body, grids[sequence], scanner, sequence, np.random.default_rng([patient.seed, 10 + n])),
            grids[sequence].geometry,
            series_tags(patient, sequence),
        )
        for n, sequence in enumerate(ALL_SEQUENCES)
    )
    outline = draw_outline(body.lesion, grids[Sequence.T2], np.random.default_rng([patient.seed, 4]))
    return PhantomStudy(patient, series, outline)


def _draw_grids(scanner: Scanner, body: Body, rng: np.random.Generator) -> dict[Sequence, Grid]:
    """Grid of each sequence; the dynamic phases share theirs and differ by breathing only."""
    tilt = draw_tilt(rng)
    trunk = body.anatomy.trunk
    centre, half = body.lesion.bounds

    def planned(protocol: Protocol, tilt: tuple[float, str]) -> Geometry:
        return covering(draw_grid(protocol, trunk, tilt, rng), centre, half[2] + _PLANNING_MARGIN_MM)

    grids = {
        sequence: Grid(planned(scanner.protocol(sequence), tilt), draw_shift(rng, _BREATHING_MM[sequence]))
        for sequence in (Sequence.T2, Sequence.DWI)
    }
    geometry = planned(scanner.dynamic, tilt if rng.random() < 0.5 else (0.0, "x"))
    return grids | {s: Grid(geometry, draw_shift(rng, _DYNAMIC_BREATHING_MM)) for s in DYNAMIC}


def weighting_of(scanner: Scanner, sequence: Sequence) -> Weighting:
    """What sets the contrast of a sequence on a scanner."""
    protocol = scanner.protocol(sequence)
    return Weighting(
        sequence,
        scanner.field,
        protocol.repetition_time,
        protocol.echo_time,
        protocol.flip_angle,
        _B_VALUE if sequence is Sequence.DWI else 0.0,
        protocol.fat_suppression,
    )


def _voxels(
    body: Body, grid: Grid, scanner: Scanner, sequence: Sequence, rng: np.random.Generator
) -> NDArray[np.int16]:
    """Stored values: signal, coil sensitivity, noise and the vendor's scale."""
    protocol = scanner.protocol(sequence)
    painter = Painter(body, grid, weighting_of(scanner, sequence), protocol.blur)
    reference = Sequence.PRE if sequence in DYNAMIC else sequence
    liver = tissue_signal(weighting_of(scanner, reference), TISSUES["liver"])
    scale = scanner.scale * _RELATIVE_SCALE.get(sequence, _DYNAMIC_SCALE) / liver
    scale *= float(np.exp(0.1 * rng.standard_normal()))
    sigma = liver / protocol.snr
    coil, along = _coil(grid.geometry, scanner.field, rng)
    ghost = float(rng.uniform(0.0, 0.035)) if sequence is not Sequence.DWI else 0.0
    offset = int(rng.integers(protocol.matrix[1] // 8, protocol.matrix[1] // 3))
    voxels = np.empty(grid.geometry.shape, np.int16)
    for k in range(len(voxels)):
        image = painter.paint(k)
        if protocol.blur >= 2.0:
            image = ndimage.gaussian_filter(image, 0.3 * protocol.blur)
        image *= coil * along[k]
        image += np.float32(ghost) * (np.roll(image, offset, axis=0) + np.roll(image, -offset, axis=0)) * 0.5
        noisy = magnitude(image, sigma, protocol.blur, rng)
        voxels[k] = np.minimum(noisy * np.float32(scale) + np.float32(0.5), _LARGEST)
    return voxels


def _coil(geometry: Geometry, field: float, rng: np.random.Generator) -> tuple[Array, Array]:
    """Sensitivity within a slice (rows, columns) and along the slices (n,); about 1 in the middle.

    Brighter towards the coils in front and behind, slightly tilted, and darker in the centre at 3 T, where
    the wavelength in tissue is close to the size of the trunk.
    """
    columns, rows, slices = geometry.size
    x = np.linspace(-1, 1, columns, dtype=np.float32)[None, :]
    y = np.linspace(-1, 1, rows, dtype=np.float32)[:, None]
    a, b, c, d = (float(v) for v in rng.normal(0, (0.08, 0.08, 0.06, 0.05)))
    cup = float(rng.uniform(0.02, 0.14)) + (0.06 if field > 2 else 0.0)
    exponent = a * x + b * y + c * x * y + (cup + d) * (0.6 * x * x + y * y) - 0.4 * cup
    z = np.linspace(-1, 1, slices, dtype=np.float32)
    return np.exp(exponent), np.exp(-np.float32(rng.uniform(0.0, 0.12)) * z * z)
