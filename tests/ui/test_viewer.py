from typing import Any

import pytest

from dls.ui import viewer


@pytest.fixture
def mounted(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    calls: list[dict[str, Any]] = []
    monkeypatch.setattr(viewer, "_viewer", lambda: lambda **options: calls.append(options))
    return calls


def test_saliency_is_asked_for_the_models_own_sequences(mounted: list[dict[str, Any]]) -> None:
    viewer.case_viewer(7, key="v", overlay=viewer.Overlay("B"))
    [call] = mounted
    assert call["data"]["case"] == "case-images/7"
    assert call["data"]["saliency"] == {slug: f"saliency/7/B/{slug}" for slug in ("t2", "dwi", "pre")}


def test_a_class_is_part_of_the_address(mounted: list[dict[str, Any]]) -> None:
    viewer.case_viewer(7, key="v", overlay=viewer.Overlay("A", "other benign nodules"))
    assert mounted[0]["data"]["saliency"]["dwi"] == "saliency/7/A/dwi?class=other+benign+nodules"


def test_no_saliency_unless_it_is_wanted(mounted: list[dict[str, Any]]) -> None:
    viewer.case_viewer(7, key="v", height=500)
    assert mounted[0]["data"]["saliency"] == {}
    assert mounted[0]["height"] == 500
