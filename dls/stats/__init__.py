"""Statistics of diagnostic accuracy and agreement: arrays in, frozen results out.

Imports nothing of the rest of the project but its errors.
"""
