"""DICOM in, image groups out: reading, typing, geometry, regions of interest, resampling, archive."""
