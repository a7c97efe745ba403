"""What every table, figure and page of a report says about its origin."""

from __future__ import annotations

from dls.analysis.manuscript import ManuscriptResults
from dls.analysis.provenance import origin

RESEARCH = "Research use only"
_SHORT_HASH = 12
_TIED = "\u00a0"
"""A space at which no line breaks."""


def footer(results: ManuscriptResults) -> str:
    """One line: freeze id, code version, model packages, simulated readings and images."""
    found = results.provenance
    packages = ", ".join(
        f"{letter}{_TIED}{sha256[:_SHORT_HASH]}" for letter, sha256 in found.packages.items()
    )
    parts = [
        origin(found.freeze_id, found.code_version),
        f"model packages {packages}" if packages else "no model packages",
        str(results.data.reading_count()),
        _images(results),
        RESEARCH.lower(),
    ]
    return " · ".join(part for part in parts if part)


def stamp(results: ManuscriptResults) -> tuple[str, ...]:
    """Lines at the head of the document, with the full hashes."""
    found = results.provenance
    return (
        f"Data until {found.as_of:%Y-%m-%d %H:%M:%S} UTC",
        f"Protocol frozen, id {found.freeze_id}" if found.freeze_id else "Protocol not frozen",
        f"Code {found.code_version}",
        *(f"Model {letter}: package {sha256}" for letter, sha256 in found.packages.items()),
        f"{results.data.reading_count()}.",
    )


def warnings(results: ManuscriptResults) -> tuple[str, ...]:
    """What no reader may miss."""
    count, said = results.data.reading_count(), [f"{RESEARCH}."]
    if count.simulated or count.consensus_simulated:
        said.append(f"Simulated readings: {count}. They say nothing about human readers.")
    if images := _images(results):
        said.append(f"Simulated images: {images}. No result here says anything about patients.")
    return tuple(said)


def _images(results: ManuscriptResults) -> str:
    found = results.provenance
    if not found.simulated_images:
        return ""
    return f"images of {found.simulated_images} of {found.cases} cases simulated"
