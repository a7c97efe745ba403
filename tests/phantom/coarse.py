"""Scanners whose images are made in a moment."""

from __future__ import annotations

from dataclasses import replace

from dls.phantom.scanner import Scanner


def coarse(scanner: Scanner) -> Scanner:
    """The scanner with pixels four times as wide and slices three times as far apart."""
    protocols = {
        name: replace(
            protocol,
            matrix=(protocol.matrix[0] // 4, protocol.matrix[1] // 4),
            slices=protocol.slices // 3,
            slice_spacing=3 * protocol.slice_spacing,
        )
        for name, protocol in (("t2", scanner.t2), ("dwi", scanner.dwi), ("dynamic", scanner.dynamic))
    }
    return replace(scanner, **protocols)
