"""Image servers: studies found, fetched whole and checked, results sent back, over DICOMweb or DIMSE."""
