"""Siemens mosaics: one image whose tiles are the slices of a volume.

Its position is that of a slice as large as the whole image, so tiles taken for slices lie anywhere.
Source: Siemens MR DICOM conformance statements (ImageType value MOSAIC, (0019,xx0A) NumberOfImagesInMosaic).
"""

from __future__ import annotations

from pydicom.dataset import Dataset

from dls.imaging.elements import text, texts

IMAGES_IN_MOSAIC = 0x0019100A


def is_mosaic(dataset: Dataset) -> bool:
    """Whether the image type says so, or the count of images in the mosaic, which outlives a changed type."""
    if "MOSAIC" in (t.upper() for t in texts(dataset, "ImageType")):
        return True
    if IMAGES_IN_MOSAIC not in dataset or "siemens" not in text(dataset, "Manufacturer").casefold():
        return False
    count = dataset[IMAGES_IN_MOSAIC].value
    if isinstance(count, bytes):  # of unknown representation, as its private creator was not read
        count = int.from_bytes(count[:2], "little")
    return isinstance(count, int) and count > 1
