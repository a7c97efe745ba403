"""Contrast of every text on its ground (WCAG 2.2, 1.4.3), and marks that colour-blind readers tell apart.

Colour vision deficiencies are simulated as in Machado, Oliveira and Fernandes, IEEE TVCG 2009;15:1291
(severity 1.0).
"""

from __future__ import annotations

import itertools
import re

import numpy as np
import pytest

from dls.ui.assets import FOLDER, stylesheet

CSS = stylesheet("viewer.css", "room.css")
COLOURS = dict(re.findall(r"--([a-z]+): (#[0-9a-f]{6})", CSS))
GROUNDS = {
    "ground": ("ground", ["text", "quiet", "accent", "warn"]),
    "button": ("raised", ["text", "accent", "quiet"]),
    "list of answers": ("raised", ["text"]),
}
"""Name -> (ground, texts on it) of texts whose colours are variables."""
MACHADO = {
    "protanopia": [
        [0.152286, 1.052583, -0.204868],
        [0.114503, 0.786281, 0.099216],
        [-0.003882, -0.048116, 1.051998],
    ],
    "deuteranopia": [
        [0.367322, 0.860646, -0.227968],
        [0.280085, 0.672501, 0.047413],
        [-0.011820, 0.042940, 0.968881],
    ],
    "tritanopia": [
        [1.255528, -0.076749, -0.178779],
        [-0.078411, 0.930809, 0.147602],
        [0.004733, 0.691367, 0.303900],
    ],
}


def linear(colour: str) -> np.ndarray:
    """(3,) linear RGB of #rrggbb."""
    value = np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)]) / 255
    return np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4)


def contrast(one: str, other: str) -> float:
    """WCAG contrast ratio, 1 to 21."""
    light = sorted(float(linear(c) @ [0.2126, 0.7152, 0.0722]) + 0.05 for c in (one, other))
    return light[1] / light[0]


def lab(rgb: np.ndarray) -> np.ndarray:
    """CIE L*a*b* (D65) of linear RGB."""
    matrix = [
        [0.4124564, 0.3575761, 0.1804375],
        [0.2126729, 0.7151522, 0.0721750],
        [0.0193339, 0.1191920, 0.9503041],
    ]
    t = np.array(matrix) @ np.clip(rgb, 0, 1) / [0.95047, 1.0, 1.08883]
    f = np.where(t > (6 / 29) ** 3, np.cbrt(t), t * (29 / 6) ** 2 / 3 + 4 / 29)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


def test_contrast_and_lab_of_known_colours() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.478, abs=1e-3)  # WebAIM's contrast checker
    assert lab(linear("#ffffff")) == pytest.approx([100, 0, 0], abs=0.02)
    assert lab(linear("#ff0000")) == pytest.approx([53.24, 80.09, 67.20], abs=0.02)


@pytest.mark.parametrize("place", GROUNDS)
def test_texts_hold_aa_on_their_grounds(place: str) -> None:
    ground, texts = GROUNDS[place]
    for text in texts:
        assert contrast(COLOURS[text], COLOURS[ground]) >= 4.5, (place, text)


def test_texts_on_filled_marks_hold_aa() -> None:
    chosen = r"\.choice\[aria-checked=\"true\"\]"
    for selector, ground in ((chosen, "accent"), (r"\.sign\.ready", "accent"), (r"\.badge", "warn")):
        rules = re.findall(selector + r" \{([^}]*)\}", CSS)
        colours = [c for rule in rules for c in re.findall(r"(?<![-a-z])color: (#[0-9a-f]{6})", rule)]
        assert colours, selector
        assert min(contrast(c, COLOURS[ground]) for c in colours) >= 4.5


def test_every_plain_text_colour_holds_aa_on_the_lighter_ground() -> None:
    plain = set(re.findall(r"(?<![-a-z])color: (#[0-9a-f]{6})", CSS)) - {"#0b1116", "#14181d"}
    assert plain
    assert {
        c: round(contrast(c, COLOURS["raised"]), 2) for c in plain if contrast(c, COLOURS["raised"]) < 4.5
    } == {}


def test_focus_and_borders_of_fields_hold_three_to_one() -> None:
    [field] = set(re.findall(r"\.comment \{[^}]*border: 1px solid (#[0-9a-f]{6})", CSS))
    for colour in (field, COLOURS["focus"], COLOURS["accent"]):
        assert contrast(colour, COLOURS["ground"]) >= 3


@pytest.mark.parametrize("vision", [None, *MACHADO])
def test_marks_over_the_images_are_told_apart(vision: str | None) -> None:
    source = (FOLDER / "tile.js").read_text()
    marks = re.findall(r'^const (?:OUTLINE|MEASURE) = "(#[0-9A-F]{6})"', source, re.MULTILINE)
    assert len(marks) == 2
    matrix = np.eye(3) if vision is None else np.array(MACHADO[vision])
    seen = [lab(matrix @ linear(colour)) for colour in (*marks, "#ffffff")]
    for one, other in itertools.combinations(seen, 2):
        assert np.linalg.norm(one - other) > 20
    for mark in marks:
        assert contrast(mark, "#000000") >= 3
