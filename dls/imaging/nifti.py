"""Outlines as a NIfTI label image, and back.

Voxel n of the image is lesion n; the grid is that of T2.  NIfTI counts patient axes towards right, anterior
and superior (RAS), DICOM and this program towards left, posterior and superior (LPS): SimpleITK turns the
signs of x and y when it writes and reads.  Source: NIfTI-1 standard, nifti1.h, "orientation and location".
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import SimpleITK

from dls.errors import GeometryError, InputError
from dls.geometry import Geometry
from dls.imaging.regions import Lesion, Regions
from dls.imaging.resample import to_image
from dls.imaging.roi import mask
from dls.imaging.tracing import outline_of
from dls.imaging.volume import Volume

SAME_GRID = 0.05
"""Part of a voxel by which corners may differ: the format keeps its affine in single precision."""


def write_labels(regions: Regions, geometry: Geometry, path: Path) -> None:
    """Write the lesions as labels 1, 2, ... (uint8) on the T2 grid; where two overlap the later one wins.

    Raises
    ------
    InputError
        when there is no lesion, the name does not end in .nii or .nii.gz, or the file cannot be written.
    GeometryError
        when an outline lies outside the grid.
    """
    if not regions.lesions:
        raise InputError("There is no lesion to write", got=str(path))
    if not path.name.endswith((".nii", ".nii.gz")):
        raise InputError("The file's name says no NIfTI", expected=".nii or .nii.gz", got=path.name)
    labels = np.zeros(geometry.shape, np.uint8)
    for number, lesion in enumerate(regions.lesions, start=1):
        labels[mask(lesion.outline, geometry)] = number
    try:
        SimpleITK.WriteImage(to_image(labels, geometry), str(path))
    except RuntimeError as error:
        raise InputError("The labels cannot be written", got=f"{path}: {error}") from error


def read_labels(path: Path, geometry: Geometry) -> Regions:
    """Lesions of a label image on the T2 grid, one for each value above 0 in ascending order.

    The axes may be stored in another order or direction, as some programs do: they are turned to the grid's.

    Raises
    ------
    InputError
        when the file cannot be read.
    GeometryError
        when the image lies on another grid, or is empty.
    """
    image = SimpleITK.Cast(read_image(path), SimpleITK.sitkInt32)
    _check_grid(image, geometry)
    resampled = SimpleITK.Resample(
        image,
        geometry.size,
        SimpleITK.Transform(),
        SimpleITK.sitkNearestNeighbor,
        geometry.origin,
        geometry.spacing,
        geometry.direction,
    )
    labels = SimpleITK.GetArrayFromImage(resampled)
    values = [int(v) for v in np.unique(labels) if v > 0]
    if not values:
        raise GeometryError("The label image is empty", expected="voxels above 0", got=str(path))
    return Regions(
        tuple(
            Lesion.new(f"Lesion {n}", outline_of(labels == value, geometry))
            for n, value in enumerate(values, start=1)
        )
    )


def read_image(path: Path) -> SimpleITK.Image:
    """A NIfTI file as it is; raises InputError when it cannot be read or is not three-dimensional."""
    try:
        image = SimpleITK.ReadImage(str(path))
    except RuntimeError as error:
        raise InputError("The image cannot be read", expected="a NIfTI file", got=str(path)) from error
    if image.GetDimension() != 3 or image.GetNumberOfComponentsPerPixel() != 1:
        raise InputError(
            "The image is not one volume",
            expected="three dimensions, one value a voxel",
            got=f"{image.GetDimension()} dimensions, {image.GetNumberOfComponentsPerPixel()} values: {path}",
        )
    return image


def volume_of(image: SimpleITK.Image, geometry: Geometry | None = None) -> Volume:
    """A SimpleITK image as a volume, int16 where that is exact; on another grid where one is given."""
    voxels = SimpleITK.GetArrayFromImage(image)
    if geometry is None:
        geometry = Geometry(image.GetSize(), image.GetOrigin(), image.GetSpacing(), image.GetDirection())
    small = voxels.astype(np.int16)
    return Volume(small if np.array_equal(small, voxels) else voxels.astype(np.float32), geometry)


def _check_grid(image: SimpleITK.Image, geometry: Geometry) -> None:
    """Whether the image's voxels are the grid's, whatever the order of its axes."""
    ends = np.array(np.meshgrid(*[(0, n - 1) for n in image.GetSize()])).reshape(3, -1).T
    corners = geometry.to_index([image.TransformContinuousIndexToPhysicalPoint(e.tolist()) for e in ends])
    wanted = np.array(np.meshgrid(*[(0, n - 1) for n in geometry.size])).reshape(3, -1).T
    apart = [np.abs(corners - corner).max(axis=1).min() for corner in wanted]
    if sorted(image.GetSize()) != sorted(geometry.size) or max(apart) > SAME_GRID:
        raise GeometryError(
            "The label image lies on another grid than T2",
            expected=f"{geometry.size} voxels with T2's corners",
            got=f"{image.GetSize()} voxels, corners up to {max(apart):.2f} voxels away",
            remedy="resample the labels onto the T2 series that was imported",
        )
