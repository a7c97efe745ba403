"""What every table, figure and page of a report says about its origin."""

from __future__ import annotations

from dls.analysis.manuscript import ManuscriptResults

RESEARCH = "Research use only"
_SHORT_HASH = 12
_TIED = "\u00a0"
"""A space at which no line breaks."""


def footer(results: ManuscriptResults) -> str:
    """One line: freeze id, code version, model packages, simulated readings and images."""
    origin = results.provenance
    packages = ", ".join(
        f"{letter}{_TIED}{sha256[:_SHORT_HASH]}" for letter, sha256 in origin.packages.items()
    )
    parts = [
        f"protocol frozen, id {origin.freeze_id}" if origin.freeze_id else "protocol not frozen",
        f"code {origin.code_version}",
        f"model packages {packages}" if packages else "no model packages",
        str(results.data.reading_count()),
        _images(results),
        RESEARCH.lower(),
    ]
    return " · ".join(part for part in parts if part)


def stamp(results: ManuscriptResults) -> tuple[str, ...]:
    """Lines at the head of the document, with the full hashes."""
    origin = results.provenance
    return (
        f"Data until {origin.as_of:%Y-%m-%d %H:%M:%S} UTC",
        f"Protocol frozen, id {origin.freeze_id}" if origin.freeze_id else "Protocol not frozen",
        f"Code {origin.code_version}",
        *(f"Model {letter}: package {sha256}" for letter, sha256 in origin.packages.items()),
        f"{results.data.reading_count()}.",
    )


def warnings(results: ManuscriptResults) -> tuple[str, ...]:
    """What no reader may miss."""
    count, found = results.data.reading_count(), [f"{RESEARCH}."]
    if count.simulated or count.consensus_simulated:
        found.append(f"Simulated readings: {count}. They say nothing about human readers.")
    if images := _images(results):
        found.append(f"Simulated images: {images}. No result here says anything about patients.")
    return tuple(found)


def _images(results: ManuscriptResults) -> str:
    origin = results.provenance
    if not origin.simulated_images:
        return ""
    return f"images of {origin.simulated_images} of {origin.cases} cases simulated"
