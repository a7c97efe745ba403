"""What the typing may still see of an original."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from dls.imaging.evidence import cleaned_once, evidence
from dls.imaging.headers import Header, read_header
from dls.imaging.uid_keys import UidKeys

KEYS = UidKeys(bytes(range(32)))


@pytest.fixture
def header(series: list[Path]) -> Header:
    return replace(
        read_header(series[0]),
        description="T2 TSE fs Doe | T2 TSE fs Doe",
        contrast_agent="Gadovist for Doe",
        acquisition_time=36_000.123456,
        contrast_start=35_985.0,
    )


def test_words_and_agent_are_cleaned(header: Header) -> None:
    kept = evidence(header, replace(header, patient_id="X"), KEYS)
    assert (kept.description, kept.contrast_agent, kept.patient_id) == ("T2 TSE fs", "given", "X")


def test_times_are_moved_together_and_by_a_secret(header: Header) -> None:
    kept, other = (evidence(header, header, keys) for keys in (KEYS, UidKeys(bytes(32))))
    assert kept.acquisition_time is not None
    assert kept.contrast_start is not None
    assert kept.acquisition_time - kept.contrast_start == pytest.approx(15.1)
    assert kept.acquisition_time not in (header.acquisition_time, other.acquisition_time)
    assert kept.content_time is None
    assert evidence(header, header, KEYS) == kept


def test_two_descriptions_stay_two() -> None:
    assert cleaned_once("T2 TSE | Leber Routine") == "T2 TSE | Leber"
    assert cleaned_once("Doe | T2") == "T2"
