"""What kind of image may come in at all: an MR image as the scanner made it, with nothing written into it.

Source: DICOM PS3.3 C.7.6.1 (Image Type, Burned In Annotation), C.8.6.1 (Conversion Type), PS3.4 B.5.
"""

from __future__ import annotations

from dataclasses import dataclass

from pydicom.dataset import Dataset

from dls.errors import InputError
from dls.imaging.elements import integer, text, texts

CLASSIC_MR = "1.2.840.10008.5.1.4.1.1.4"
ENHANCED_MR = "1.2.840.10008.5.1.4.1.1.4.1"
LEGACY_ENHANCED_MR = "1.2.840.10008.5.1.4.1.1.4.4"
MR_CLASSES = frozenset({CLASSIC_MR, ENHANCED_MR, LEGACY_ENHANCED_MR})
SECONDARY_CAPTURE = "1.2.840.10008.5.1.4.1.1.7"

_EXPORT = "import the series that the scanner made"


@dataclass(frozen=True, slots=True)
class Kind:
    """The elements that say how an image came about; empty text or 1 where one is absent."""

    sop_class: str
    modality: str
    image_type: tuple[str, ...]
    burned_in: str
    conversion: str
    samples: int
    photometric: str

    @classmethod
    def of(cls, dataset: Dataset) -> Kind:
        """Kind of an image."""
        return cls(
            sop_class=text(dataset, "SOPClassUID"),
            modality=text(dataset, "Modality"),
            image_type=texts(dataset, "ImageType"),
            burned_in=text(dataset, "BurnedInAnnotation"),
            conversion=text(dataset, "ConversionType"),
            samples=integer(dataset, "SamplesPerPixel") or 1,
            photometric=text(dataset, "PhotometricInterpretation"),
        )


def admit(kind: Kind, name: str = "the image") -> None:
    """Refuse what is not an MR image made by a scanner, or has text burned into its pixels.

    Parameters
    ----------
    name : what the image is called in messages

    Raises
    ------
    InputError
        with code `burned-in-annotation`, `secondary-capture`, `not-mr` or `colour`.
    """
    if kind.burned_in.upper() == "YES":
        raise InputError(
            "Text is burned into the image, and could name the patient",
            expected="Burned In Annotation NO or absent",
            got=f"YES in {name}",
            remedy=_EXPORT,
            code="burned-in-annotation",
        )
    if _is_capture(kind):
        raise InputError(
            "The image is a secondary capture: a copy of a screen or film, which could show a name",
            expected="MR Image Storage or Enhanced MR Image Storage",
            got=f"class {kind.sop_class or 'none'}, type {'/'.join(kind.image_type[:2]) or 'none'} in {name}",
            remedy=_EXPORT,
            code="secondary-capture",
        )
    if kind.modality != "MR" or kind.sop_class not in MR_CLASSES | {""}:
        raise InputError(
            "The image is not MR",
            expected="modality MR, class MR Image Storage or Enhanced MR Image Storage",
            got=f"modality {kind.modality or 'none'}, class {kind.sop_class or 'none'} in {name}",
            remedy="import MR series only",
            code="not-mr",
        )
    if kind.samples != 1 or not kind.photometric.startswith("MONOCHROME"):
        raise InputError(
            "The image is in colour or a screen capture",
            expected="one sample a pixel, MONOCHROME",
            got=f"{kind.samples} samples, {kind.photometric or 'unknown'} in {name}",
            remedy=_EXPORT,
            code="colour",
        )


def is_secondary_capture(sop_class: str) -> bool:
    """Whether a SOP class is one of the secondary captures."""
    return sop_class == SECONDARY_CAPTURE or sop_class.startswith(f"{SECONDARY_CAPTURE}.")


def _is_capture(kind: Kind) -> bool:
    derived = (
        tuple(t.upper() for t in kind.image_type[:2]) == ("DERIVED", "SECONDARY") and kind.modality != "MR"
    )
    return is_secondary_capture(kind.sop_class) or derived or bool(kind.conversion)
