"""Deep learning and reader studies for liver tumours on MRI (Zhen et al., Front Oncol 2020, 10:680)."""

__version__ = "0.1.0"
