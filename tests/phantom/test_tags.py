"""Attributes are those of a real series and carry no class."""

from __future__ import annotations

import re

import pytest

from dls.domain import ALL_SEQUENCES, Sequence
from dls.phantom.cohort import PhantomPatient, validation_cohort
from dls.phantom.scanner import DYNAMIC, SCANNERS
from dls.phantom.tags import series_tags, uid


def seconds(time: object) -> int:
    text = str(time)
    return int(text[:2]) * 3600 + int(text[2:4]) * 60 + int(text[4:6])


@pytest.fixture(params=list(SCANNERS))
def scanned(request: pytest.FixtureRequest) -> PhantomPatient:
    return next(p for p in validation_cohort() if p.scanner == request.param)


def test_phases_are_timed_by_the_injection(scanned: PhantomPatient) -> None:
    delays = []
    for sequence in DYNAMIC[1:]:
        tags = series_tags(scanned, sequence)
        delays.append(seconds(tags["AcquisitionTime"]) - seconds(tags["ContrastBolusStartTime"]))
    assert delays == pytest.approx([17, 62, 182], abs=3)
    assert "ContrastBolusAgent" not in series_tags(scanned, Sequence.PRE)


def test_sequences_can_be_told_apart_by_their_physics(scanned: PhantomPatient) -> None:
    tags = {s: series_tags(scanned, s) for s in ALL_SEQUENCES}
    assert tags[Sequence.DWI]["DiffusionBValue"] == 800.0
    assert "EP" in tags[Sequence.DWI]["ScanningSequence"]  # type: ignore[operator]
    assert tags[Sequence.T2]["ScanningSequence"] == "SE"
    assert tags[Sequence.T2]["EchoTime"] >= 60  # type: ignore[operator]
    assert {tags[s]["ScanningSequence"] for s in DYNAMIC} == {"GR"}
    assert len({(tags[s]["RepetitionTime"], tags[s]["FlipAngle"]) for s in DYNAMIC}) == 1


def test_the_class_is_nowhere(scanned: PhantomPatient) -> None:
    text = str([series_tags(scanned, s) for s in ALL_SEQUENCES]).casefold()
    assert scanned.lesion_class.label.casefold() not in text
    assert scanned.reference_standard not in text


def test_uid_is_valid_and_depends_on_its_parts() -> None:
    assert re.fullmatch(r"2\.25\.[1-9][0-9]{0,38}", uid("V-001", "study"))
    assert uid("V-001", "study") == uid("V-001", "study") != uid("V-002", "study")
