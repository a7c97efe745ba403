"""What may be kept of a series description: the words that say how an image was made, and no others.

A description is free text and may hold a name.  Its words are kept by an allow-list of the terms of liver
MRI, long enough that typing a series by the cleaned text gives the same as by the original.
Source: DICOM PS3.15 E.3.4 (Clean Descriptors Option).
"""

from __future__ import annotations

import re

_TERMS = """
    t1 t2 t2w t1w pd pdw dwi edwi dw diff diffusion adc trace tracew ivim flair mra mrcp mrv swi bold
    tse fse se haste ssfse sshtse ssh frfse ge gre gr epi ep space vista cube tfe ffe flash spgr
    fspgr fame vibe lava flex twist thrive ethrive mdixon dixon quick3d quick star radial blade
    propeller trufi fiesta bffe bssfp fs fatsat fat sat spair spir stir nofs ideal water in out
    opp inphase outphase phase opposed ax axial tra transverse transversal cor coronal sag
    sagittal oblique 2d 3d 4d mpr mip sub subtraction derived pre post con contrast plain
    unenhanced unenh non noncon nonenhanced native nativ dyn dynamic art arterial arteriell
    artery early late ap pv pvp vp portal portalvenous portalvenös venous venös ven dp equil
    equilibrium delay delayed hbp hepatobiliary transition transitional bh breath hold
    breathhold resp respiratory trig trigger triggered nav navi navigator gated free breathing
    liver hepar leber foie abdomen abd upper loc localizer localiser scout survey cal ref asset
    calibration test fast ultra hr high low res iso reg moco norm filt asc with without and mm
    min sec ms
"""
_SINGLE = {"c", "w", "s", "wo", "ip", "op", "hb", "rt", "fb", "nc", "wi", "of"}
"""Terms that are taken only as whole words."""

_PIECE = re.compile(
    r"(?P<phrase>\+C\b|C\+(?:A|V|Delay|D|P)?|C-pre|C-|hepato-biliary|\d{1,2}[ -]?min"
    r"|平扫|动脉期?|门脉期?|静脉期?|平衡期?|延迟期?|肝胆期?|压脂|弥散|扩散|定位|增强)|(?P<word>[^\W_]+)",
    re.IGNORECASE,
)
_NUMBER = r"b=?\d{1,4}t?|te\d{1,3}|\d{1,2}(?:s|sec|min|mm)|\d"
_WORD = re.compile(f"(?:{'|'.join(sorted(_TERMS.split(), key=len, reverse=True))}|{_NUMBER})+", re.IGNORECASE)


def cleaned(description: str) -> str:
    """The words of a series description that are on the list, in their order, one space between.

    A word that is put together of terms ("T2TSE", "dyn3D", "b800") is kept whole; one that holds anything
    else is dropped whole.
    """
    pieces = _PIECE.finditer(description)
    return " ".join(found.group() for found in pieces if found["phrase"] or _is_term(found["word"]))


def _is_term(word: str) -> bool:
    return word.casefold() in _SINGLE or (_WORD.fullmatch(word) is not None and not word.isdigit())
