"""The scanners of the phantom cohort: vendor, field, protocols, and how each writes a series' description.

Parameters are within the range of clinical liver protocols (fat-suppressed T2, diffusion with b 800 s/mm²,
three-dimensional fat-suppressed T1 gradient echo before and after contrast medium).
"""

from __future__ import annotations

from dataclasses import dataclass

from dls.domain import Sequence

DYNAMIC: tuple[Sequence, ...] = (
    Sequence.PRE,
    Sequence.ARTERIAL,
    Sequence.PORTAL,
    Sequence.EQUILIBRIUM,
)
"""The phases of the dynamic series, which share one grid, in order of time."""


@dataclass(frozen=True, slots=True)
class Protocol:
    """How one scanner acquires one kind of series.

    Parameters
    ----------
    repetition_time, echo_time : ms
    flip_angle : degrees
    matrix : columns, rows of the image
    slices, slice_spacing : count, and mm between slice centres
    thickness : mm, as the header says it
    snr : of liver in the middle of the image
    blur : width of an edge in pixels; above 1 where the image is interpolated
    fat_suppression : part of the fat signal that is removed
    """

    repetition_time: float
    echo_time: float
    flip_angle: float
    matrix: tuple[int, int]
    slices: int
    slice_spacing: float
    thickness: float
    snr: float
    blur: float
    fat_suppression: float


@dataclass(frozen=True, slots=True)
class Scanner:
    """One scanner.

    Parameters
    ----------
    manufacturer, model, software : as in the DICOM header
    field : tesla
    scale : stored value of liver in the T2 image, arbitrary units of the vendor
    t2, dwi, dynamic : protocols
    descriptions : SeriesDescription of each sequence
    """

    manufacturer: str
    model: str
    software: str
    field: float
    scale: float
    t2: Protocol
    dwi: Protocol
    dynamic: Protocol
    descriptions: dict[Sequence, str]

    def protocol(self, sequence: Sequence) -> Protocol:
        """Protocol of a sequence; the four dynamic phases share theirs."""
        return {Sequence.T2: self.t2, Sequence.DWI: self.dwi}.get(sequence, self.dynamic)


_SIEMENS = {
    Sequence.T2: "t2_tse_fs_tra_p2_resp",
    Sequence.DWI: "ep2d_diff_b800_tra_p2_TRACEW",
    Sequence.PRE: "t1_vibe_fs_tra_bh_pre",
    Sequence.ARTERIAL: "t1_vibe_fs_tra_bh_art",
    Sequence.PORTAL: "t1_vibe_fs_tra_bh_portal",
    Sequence.EQUILIBRIUM: "t1_vibe_fs_tra_bh_equil_3min",
}
_GE = {
    Sequence.T2: "Ax fs T2 FRFSE RTr",
    Sequence.DWI: "Ax DWI b800 RTr",
    Sequence.PRE: "Ax LAVA-Flex Pre",
    Sequence.ARTERIAL: "Ax LAVA-Flex +C Arterial",
    Sequence.PORTAL: "Ax LAVA-Flex +C Portal",
    Sequence.EQUILIBRIUM: "Ax LAVA-Flex +C Delay",
}
_PHILIPS = {
    Sequence.T2: "T2W_TSE_SPAIR_RT",
    Sequence.DWI: "DWI_b800_RT",
    Sequence.PRE: "e-THRIVE_BH pre",
    Sequence.ARTERIAL: "e-THRIVE_BH dyn AP",
    Sequence.PORTAL: "e-THRIVE_BH dyn PVP",
    Sequence.EQUILIBRIUM: "e-THRIVE_BH dyn EP",
}

SCANNERS: dict[str, Scanner] = {
    "Siemens Skyra 3T": Scanner(
        "SIEMENS", "Skyra", "syngo MR E11", 3.0, 160.0,
        Protocol(3600, 86, 120, (288, 224), 28, 6.0, 5.0, 26, 1.1, 0.86),
        Protocol(5200, 56, 90, (144, 112), 26, 6.6, 5.5, 12, 1.2, 0.93),
        Protocol(3.9, 1.3, 9, (256, 208), 38, 4.4, 4.4, 25, 1.1, 0.88), _SIEMENS,
    ),
    "Siemens Aera 1.5T": Scanner(
        "SIEMENS", "Aera", "syngo MR E11", 1.5, 120.0,
        Protocol(3300, 90, 150, (256, 208), 26, 6.5, 6.0, 20, 1.2, 0.90),
        Protocol(4600, 60, 90, (128, 104), 26, 6.6, 6.0, 9, 1.25, 0.95),
        Protocol(4.3, 2.1, 11, (256, 208), 36, 4.6, 4.6, 20, 1.2, 0.90), _SIEMENS,
    ),
    "GE Discovery MR750 3T": Scanner(
        "GE MEDICAL SYSTEMS", "DISCOVERY MR750", "DV25", 3.0, 900.0,
        Protocol(6000, 80, 110, (256, 256), 26, 6.5, 5.0, 28, 1.4, 0.88),
        Protocol(6600, 58, 90, (256, 256), 24, 7.0, 6.0, 13, 2.6, 0.94),
        Protocol(4.1, 1.9, 12, (256, 256), 36, 4.6, 4.6, 27, 1.5, 0.91), _GE,
    ),
    "GE Signa HDxt 1.5T": Scanner(
        "GE MEDICAL SYSTEMS", "Signa HDxt", "HD23", 1.5, 700.0,
        Protocol(6600, 84, 90, (256, 256), 24, 7.0, 6.0, 19, 1.5, 0.82),
        Protocol(6000, 62, 90, (256, 256), 24, 7.0, 6.0, 9, 3.0, 0.92),
        Protocol(4.0, 1.9, 12, (256, 256), 34, 5.0, 5.0, 19, 1.6, 0.84), _GE,
    ),
    "Philips Ingenia 3T": Scanner(
        "Philips Medical Systems", "Ingenia", "5.3.1", 3.0, 420.0,
        Protocol(3000, 80, 90, (288, 240), 26, 6.6, 6.0, 25, 1.3, 0.91),
        Protocol(4200, 60, 90, (160, 128), 26, 6.6, 6.0, 12, 1.5, 0.95),
        Protocol(3.7, 1.7, 10, (272, 216), 38, 4.4, 4.4, 24, 1.3, 0.92), _PHILIPS,
    ),
    "Philips Achieva 1.5T": Scanner(
        "Philips Medical Systems", "Achieva", "3.2.3", 1.5, 380.0,
        Protocol(2800, 84, 90, (256, 208), 24, 7.0, 6.0, 20, 1.3, 0.90),
        Protocol(3800, 64, 90, (144, 112), 24, 7.0, 6.0, 9, 1.6, 0.93),
        Protocol(4.0, 1.9, 10, (256, 208), 36, 4.6, 4.6, 19, 1.35, 0.90), _PHILIPS,
    ),
}  # fmt: skip
"""The scanners, by the name that a patient carries."""
