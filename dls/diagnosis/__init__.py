"""A new patient, in a place apart from the study, and what the models say of the lesion."""
