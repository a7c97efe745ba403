"""What is proposed when instances are to be sent or received: classes of objects and their encodings.

An association has at most 128 presentation contexts (PS3.8 9.3.2.2), so that only what belongs to an MR study
and its results is proposed, each image class in every encoding of its own context: the peer then need not
decode anything.
"""

from __future__ import annotations

from pydicom import uid
from pynetdicom import build_context
from pynetdicom.presentation import PresentationContext

IMAGES = (
    uid.MRImageStorage,
    uid.EnhancedMRImageStorage,
    uid.EnhancedMRColorImageStorage,
    uid.LegacyConvertedEnhancedMRImageStorage,
    uid.SecondaryCaptureImageStorage,
    uid.MultiFrameGrayscaleWordSecondaryCaptureImageStorage,
)
OBJECTS = (
    uid.SegmentationStorage,
    uid.ParametricMapStorage,
    uid.BasicTextSRStorage,
    uid.EnhancedSRStorage,
    uid.ComprehensiveSRStorage,
    uid.Comprehensive3DSRStorage,
    uid.KeyObjectSelectionDocumentStorage,
    uid.GrayscaleSoftcopyPresentationStateStorage,
    uid.MRSpectroscopyStorage,
    uid.RawDataStorage,
    uid.EncapsulatedPDFStorage,
)
PLAIN = (uid.ExplicitVRLittleEndian, uid.ImplicitVRLittleEndian)
ENCODED = (
    uid.DeflatedExplicitVRLittleEndian,
    uid.ExplicitVRBigEndian,
    uid.RLELossless,
    uid.JPEGLosslessSV1,
    uid.JPEGLossless,
    uid.JPEGLSLossless,
    uid.JPEGLSNearLossless,
    uid.JPEG2000Lossless,
    uid.JPEG2000,
    uid.JPEGBaseline8Bit,
    uid.JPEGExtended12Bit,
)


def receiving_contexts() -> list[PresentationContext]:
    """Contexts to propose for C-GET: plain encodings of every class, then each other encoding of images."""
    plain = [build_context(one, list(PLAIN)) for one in (*IMAGES, *OBJECTS)]
    return plain + [build_context(one, syntax) for one in IMAGES for syntax in ENCODED]


def accepted_contexts() -> list[PresentationContext]:
    """Contexts to accept from a peer that stores to us after C-MOVE."""
    return [build_context(one, [*PLAIN, *ENCODED]) for one in (*IMAGES, *OBJECTS)]
