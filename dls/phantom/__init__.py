"""Procedural patients: liver MR studies and clinical data made from seeds, with MR physics behind the images.

Nothing here is taken from a patient.  Anatomy is a set of implicit shapes; tissues have relaxation times,
diffusion and contrast uptake; each sequence's signal equation turns them into voxels on that sequence's grid.
"""
