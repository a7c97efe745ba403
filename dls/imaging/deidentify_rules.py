"""What an image may keep when it comes in: an allow-list of elements, each with the form its value must have.

Everything that is not listed is removed, known or not: private, retired, of another object, misspelt.  The
Basic Application Level Confidentiality Profile (DICOM PS3.15 Table E.1-1) names what must go; none of it is
listed here but what the Retain Patient Characteristics Option gives back (age, sex, size, weight), what the
profile replaces (UIDs, patient's name and number) and what must be present though empty.
Code strings: PS3.3 C.7.6.1, C.8.3.1, C.8.13; other terms are the vendors'.
"""

from __future__ import annotations

import re

# fmt: off
UIDS = frozenset({
    "SOPInstanceUID", "StudyInstanceUID", "SeriesInstanceUID", "FrameOfReferenceUID",
    "DimensionOrganizationUID",
})
"""Replaced by keyed ones."""

CLASS_UIDS = frozenset({"SOPClassUID"})
"""Kept where the standard registers the value."""

EMPTY = frozenset({
    "StudyDate", "StudyTime", "AccessionNumber", "ReferringPhysicianName", "PatientBirthDate", "StudyID",
})
"""Type 2 elements of the MR objects: present and without value."""

NUMBERS = frozenset({
    # patient characteristics
    "PatientSize", "PatientWeight",
    # acquisition
    "SliceThickness", "RepetitionTime", "EchoTime", "InversionTime", "NumberOfAverages", "ImagingFrequency",
    "EchoNumbers", "MagneticFieldStrength", "SpacingBetweenSlices", "NumberOfPhaseEncodingSteps",
    "EchoTrainLength", "PercentSampling", "PercentPhaseFieldOfView", "PixelBandwidth", "TriggerTime",
    "ReconstructionDiameter", "AcquisitionMatrix", "FlipAngle", "SAR", "DiffusionBValue",
    "DiffusionGradientOrientation", "EffectiveEchoTime", "NumberOfTemporalPositions",
    "TemporalResolution", "RFEchoTrainLength", "GradientEchoTrainLength",
    # place and order
    "SeriesNumber", "AcquisitionNumber", "InstanceNumber", "ImagePositionPatient",
    "ImageOrientationPatient", "TemporalPositionIdentifier", "SliceLocation", "ImagesInAcquisition",
    "InStackPositionNumber", "TemporalPositionIndex", "TemporalPositionTimeOffset", "FrameAcquisitionNumber",
    "FrameAcquisitionDuration", "DimensionIndexValues", "InConcatenationNumber",
    "InConcatenationTotalNumber", "ConcatenationFrameOffsetNumber",
    # pixels
    "SamplesPerPixel", "NumberOfFrames", "Rows", "Columns", "PixelSpacing", "PixelAspectRatio",
    "BitsAllocated", "BitsStored", "HighBit", "PixelRepresentation", "SmallestImagePixelValue",
    "LargestImagePixelValue", "PixelPaddingValue", "PixelPaddingRangeLimit", "WindowCenter", "WindowWidth",
    "RescaleIntercept", "RescaleSlope", "PlanarConfiguration", "LossyImageCompressionRatio",
    # dimensions: tags of elements, not their values
    "DimensionIndexPointer", "FunctionalGroupPointer",
})
"""Kept where the value is made of numbers."""

SEQUENCES = frozenset({
    "SharedFunctionalGroupsSequence", "PerFrameFunctionalGroupsSequence", "PixelMeasuresSequence",
    "PlanePositionSequence", "PlaneOrientationSequence", "PixelValueTransformationSequence",
    "FrameVOILUTSequence", "FrameContentSequence", "MRDiffusionSequence",
    "DiffusionGradientDirectionSequence", "MREchoSequence", "MRTimingAndRelatedParametersSequence",
    "MRImageFrameTypeSequence", "DimensionOrganizationSequence", "DimensionIndexSequence",
    "TemporalPositionSequence",
})
"""Kept with what is allowed in their items."""

_FRAME_TERMS = frozenset({
    "ORIGINAL", "DERIVED", "MIXED", "PRIMARY", "SECONDARY", "LOCALIZER", "AXIAL", "M", "P", "R", "I", "ND",
    "NORM", "DIS2D", "DIS3D", "SH", "FM", "FIL", "MOSAIC", "ADC", "ADC_UNSPECIFIED", "EADC", "TRACE",
    "TRACEW", "FA", "DIFFUSION", "DIFFUSION_ANISO", "ISOTROPIC", "MPR", "MIP", "MINIP", "PROJECTION IMAGE",
    "SUB", "SUBTRACTION", "SUBTRACT", "RESAMPLED", "REFORMATTED", "VOLUME", "NONE", "OTHER",
    "WATER", "FAT", "IN_PHASE", "OUT_PHASE", "OPP_PHASE", "IP", "OP", "W", "F", "DIXON", "T1", "T2",
    "T2_STAR", "PROTON_DENSITY", "PERFUSION", "DYNAMIC", "ANGIO", "MAGNITUDE", "PHASE MAP", "IMAGE ADDITION",
    "PHASE", "REAL", "IMAGINARY", "UNI", "MSUM", "MEAN", "M_FFE", "FFE", "M_SE", "SE", "M_IR", "IR", "B0",
    "PIXEL", "COMPOSED", "COMP_SP", "DRB", "DRG", "NONORM", "MNIP", "SWI", "MB",
    "CSA MIP", "CSA MPR", "CSAPARALLEL",
})
_BODY = frozenset({
    "ABDOMEN", "LIVER", "ABDOMENPELVIS", "CHESTABDPELVIS", "CHESTABDOMEN", "PELVIS", "CHEST", "BRAIN", "HEAD",
    "NECK", "SPINE", "CSPINE", "TSPINE", "LSPINE", "PANCREAS", "KIDNEY", "SPLEEN", "GALLBLADDER", "BILE DUCT",
    "WHOLEBODY", "KNEE", "SHOULDER", "BREAST", "HEART", "PROSTATE",
})
_YES_NO = frozenset({"YES", "NO"})
CODES: dict[str, frozenset[str]] = {
    "Modality": frozenset({"MR"}),
    "PatientSex": frozenset({"M", "F", "O"}),
    "BodyPartExamined": _BODY,
    "PatientPosition": frozenset({"HFS", "HFP", "HFDR", "HFDL", "FFS", "FFP", "FFDR", "FFDL"}),
    "ScanningSequence": frozenset({"SE", "IR", "GR", "EP", "RM"}),
    "SequenceVariant": frozenset({"SK", "MTC", "SS", "TRSS", "SP", "MP", "OSP", "NONE"}),
    "ScanOptions": frozenset({"PER", "RG", "CG", "PPG", "FC", "PFF", "PFP", "SP", "FS"}),
    "MRAcquisitionType": frozenset({"1D", "2D", "3D"}),
    "InPlanePhaseEncodingDirection": frozenset({"ROW", "COL", "COLUMN", "OTHER"}),
    "PhotometricInterpretation": frozenset({"MONOCHROME1", "MONOCHROME2"}),
    "BurnedInAnnotation": frozenset({"NO"}),
    "LossyImageCompression": frozenset({"00", "01"}),
    "DiffusionDirectionality": frozenset({"DIRECTIONAL", "BMATRIX", "ISOTROPIC", "NONE"}),
    "PixelPresentation": frozenset({"MONOCHROME", "COLOR", "MIXED", "TRUE_COLOR"}),
    "VolumetricProperties": frozenset({"VOLUME", "SAMPLED", "DISTORTED", "MIXED"}),
    "VolumeBasedCalculationTechnique": frozenset(
        {"MAX_IP", "MIN_IP", "VOLUME_RENDER", "SURFACE_RENDER", "MPR", "CURVED_MPR", "NONE", "MIXED"}
    ),
    "ComplexImageComponent": frozenset({"MAGNITUDE", "PHASE", "REAL", "IMAGINARY", "MIXED"}),
    "AcquisitionContrast": _FRAME_TERMS | {"FLOW_ENCODED", "FLUID_ATTENUATED", "STIR", "TAGGING", "UNKNOWN"},
    "PositionMeasuringDeviceUsed": frozenset({"RIGID", "FREEHAND"}),
    "PresentationLUTShape": frozenset({"IDENTITY", "INVERSE"}),
    "RescaleType": frozenset({"US"}),
    "VOILUTFunction": frozenset({"LINEAR", "LINEAR_EXACT", "SIGMOID"}),
    "EchoPulseSequence": frozenset({"SPIN", "GRADIENT", "BOTH"}),
    "EchoPlanarPulseSequence": _YES_NO,
    "GeometryOfKSpaceTraversal": frozenset({"RECTILINEAR", "RADIAL", "SPIRAL"}),
    "MultiPlanarExcitation": _YES_NO,
    "SpectrallySelectedSuppression": frozenset({"FAT", "WATER", "FAT_AND_WATER", "SILICON_GEL", "NONE"}),
}
"""Kept where every value is one of these."""

TYPES = frozenset({"ImageType", "FrameType"})
TYPE_TERMS = _FRAME_TERMS
"""Terms of image types; others become tokens, so that what differed still differs."""

VENDORS = (
    ("SIEMENS", r"siemens"),
    ("GE MEDICAL SYSTEMS", r"^ge\b"),
    ("Philips Medical Systems", r"philips"),
    ("CANON_MEC", r"canon|toshiba"),
    ("UIH", r"uih|united imaging"),
)
"""Manufacturer: the name that stands for all spellings of a vendor, and the pattern of those."""

SAFE_PRIVATE = (
    ("SIEMENS MR HEADER", 0x0019, 0x0C, "IS"),
    ("GEMS_PARM_01", 0x0043, 0x39, "IS"),
    ("Philips Imaging DD 001", 0x2001, 0x03, "FL"),
)
"""b-values, by private creator, group, element and representation (PS3.15 Table E.3.10-1)."""
# fmt: on

SEQUENCE_NAME = re.compile(
    r"\*?(?:ep|epse|epfid|tse|tir|tirm|fl|tfl|tfi|fi|se|fse|gr|ge|h|haste|spc|vibe|fldyn|qfl|trufi|spcir)"
    r"(?:[123]d)?\d{0,2}[rt]?(?:_?\d{1,3})?(?:_?b\d{1,4}t?)?(?:#\d{1,3})?",
    re.IGNORECASE,
)
"""Names of pulse sequences; the b-value may be written in one (`*ep_b800t`)."""

HEPATOBILIARY_AGENT = re.compile(r"gadoxet|primovist|eovist|\beob\b", re.IGNORECASE)
AGE = re.compile(r"\d{3}[DWMY]")
DECIMAL = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,3})?")
LARGEST_NUMBER = 999_999
"""A number in text (VR IS, DS) beyond this is no count or length, but could be a number of the hospital."""

INTENSITIES = frozenset({"WindowCenter", "WindowWidth", "RescaleIntercept", "RescaleSlope"})
"""Numbers that may be larger."""

LARGEST_B = 100_000.0
"""s/mm²; no scanner reaches it."""
