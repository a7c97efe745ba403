"""One phantom patient, rendered once for all tests of the package."""

from __future__ import annotations

import pytest

from dls.phantom.cohort import PhantomPatient, validation_cohort
from dls.phantom.render import PhantomStudy, render


@pytest.fixture(scope="session")
def patient() -> PhantomPatient:
    return next(p for p in validation_cohort() if p.lesion_class.name == "HEMANGIOMA" and p.lesion_mm > 40)


@pytest.fixture(scope="session")
def study(patient: PhantomPatient) -> PhantomStudy:
    return render(patient)
