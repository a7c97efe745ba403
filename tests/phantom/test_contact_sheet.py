"""The sheet has a row per class and shows the lesion it points at."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from dls.domain import LesionClass
from dls.errors import InputError
from dls.phantom.cohort import PhantomPatient
from dls.phantom.contact_sheet import TILE, arrow_tip, contact_sheet, main, representatives, tile
from dls.phantom.render import PhantomStudy


def test_every_class_is_represented_by_one_of_its_own() -> None:
    chosen = representatives()
    assert tuple(chosen) == tuple(LesionClass)
    assert all(patient.lesion_class is lesion for lesion, patient in chosen.items())


def test_a_tile_shows_the_bright_lesion_beside_the_arrow(study: PhantomStudy) -> None:
    t2 = study.series[0]
    image = tile(study, t2)
    assert image.shape == (TILE[1], TILE[0])
    x, y = arrow_tip(study, t2)
    lesion = image[int(y) - 18 : int(y) - 8, int(x) + 8 : int(x) + 18]
    assert lesion.mean() > 1.5 * np.median(image[image > 20])


def test_a_row_has_six_tiles(patient: PhantomPatient) -> None:
    sheet = contact_sheet({patient.lesion_class: patient})
    assert sheet.dtype == np.uint8
    assert sheet.shape[1] > 6 * TILE[0]
    assert sheet.shape[0] < 2 * TILE[1]


def test_another_format_is_refused_before_any_work() -> None:
    with pytest.raises(InputError, match="PNG"):
        main([str(Path("sheet.jpg"))])
