"""Drawing and shifting with the mouse, and that both are still there after the page is loaded again."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from dls.imaging.archive import ImageArchive
from dls.study import outlines
from tests.browser.conftest import App, wait_until_painted

pytestmark = pytest.mark.browser
SignIn = Callable[[str], Page]
TITLE = "Outline of SECRET-0"


@pytest.fixture
def page(app: App, signed_in: SignIn) -> Page:
    """The check of the first case, as an investigator; nothing is drawn on it yet."""
    found = signed_in("ines")
    open_case(found)
    return found


def open_case(page: Page) -> None:
    page.goto("/lesion_outline?case=1")
    wait_until_painted(page, TITLE)
    expect(page.locator(".shifts tr")).to_have_count(5)


def drawn(page: Page) -> dict[str, Any]:
    """The viewer's contours on T2's present slice and each series' slice and shift."""
    return page.locator(".viewer").evaluate(
        "e => { const t = e.viewer.tiles; const on = t[0].contours.filter(c => c.slice === t[0].k);"
        " return {k: t.map(x => x.k), shift: t.map(x => x.shift), points: on.map(c => c.points),"
        " regions: e.viewer.editor.regions}; }"
    )


def at(page: Page, tile: int, across: float, down: float) -> tuple[float, float]:
    """Page position at parts of a tile's width and height."""
    box = page.locator(".tile canvas").nth(tile).bounding_box()
    assert box is not None
    return box["x"] + across * box["width"], box["y"] + down * box["height"]


def drag(page: Page, tile: int, *places: tuple[float, float]) -> None:
    page.mouse.move(*at(page, tile, *places[0]))
    page.mouse.down()
    for place in places[1:]:
        page.mouse.move(*at(page, tile, *place), steps=4)
    page.mouse.up()


def extent(points: list[list[float]], axis: int) -> float:
    values = [point[axis] for point in points]
    return max(values) - min(values)


def save(page: Page, version: int) -> None:
    page.get_by_role("button", name="Save").click()
    expect(page.locator(".keep .note")).to_contain_text(f"Version {version}, Ines")
    expect(page.locator(".frame")).to_have_attribute("data-saved", "true")


def test_an_ellipse_is_drawn_saved_and_still_there(page: Page, app: App) -> None:
    expect(page.get_by_role("button", name="Save")).to_be_disabled()
    page.get_by_role("button", name="New").click()
    page.keyboard.press("e")
    drag(page, 0, (0.5, 0.4), (0.7, 0.7))
    (ellipse,) = [p for p in drawn(page)["points"] if len(p) == 48]
    scale = page.locator(".viewer").evaluate("e => e.viewer.scaleOf(e.viewer.tiles[0])")
    width = page.locator(".tile canvas").first.evaluate("e => e.width")
    assert extent(ellipse, 0) == pytest.approx(0.2 * width / scale, rel=0.03)
    save(page, 1)
    open_case(page)
    names = page.locator(".lesions input").evaluate_all("all => all.map(e => e.value)")
    assert names == ["Lesion 1", "Lesion 2"]
    content = drawn(page)["regions"]["lesions"][1]["contours"]
    assert content[0][0] == pytest.approx(ellipse[0], abs=0.002)
    kept = outlines.newest(app.store, 1)
    assert kept is not None
    assert kept.content["lesions"][1]["contours"] == content


def test_a_series_is_shifted_by_dragging_and_back_by_undo(page: Page, app: App) -> None:
    page.keyboard.press("s")
    before = drawn(page)
    drag(page, 1, (0.5, 0.5), (0.6, 0.45))
    page.mouse.move(*at(page, 1, 0.5, 0.5))
    page.mouse.wheel(0, 100)
    shifted = drawn(page)
    assert shifted["k"] == [before["k"][0], before["k"][1] + 1, *before["k"][2:]]
    x, y, z = shifted["shift"][1]
    assert x > 5
    assert y < -2
    assert z == pytest.approx(7)
    expect(page.locator("[data-series=dwi] th")).to_contain_text("L, ")
    page.keyboard.press("Control+z")
    assert drawn(page)["shift"][1][2] == pytest.approx(0)
    page.keyboard.press("Control+z")
    assert drawn(page) == before
    page.keyboard.press("Control+Shift+z")
    page.keyboard.press("Control+Shift+z")
    save(page, 1)
    open_case(page)
    assert drawn(page)["shift"][1] == pytest.approx([x, y, z])
    archive = ImageArchive(app.store.path.parent / "images")
    assert archive.geometry(1)["sequences"][1]["shift"] == pytest.approx([x, y, z])
    expect(page.locator("[data-series=dwi]")).to_have_class("flagged")


def test_freehand_editing_copying_and_erasing(page: Page) -> None:
    page.keyboard.press("n")
    page.keyboard.press("f")
    corners = [(0.6, 0.4), (0.75, 0.4), (0.75, 0.6), (0.6, 0.6), (0.6, 0.41)]
    drag(page, 0, *corners)
    first = drawn(page)["regions"]["lesions"][1]["contours"]
    assert len(first) == 1
    page.keyboard.press("g")
    drag(page, 0, (0.67, 0.5), (0.6, 0.5))
    moved = drawn(page)["regions"]["lesions"][1]["contours"][0]
    assert moved[0][0] < first[0][0][0] - 3
    k = drawn(page)["k"][0]
    page.keyboard.press(",")
    assert drawn(page)["k"][0] == k + 1
    assert len(drawn(page)["regions"]["lesions"][1]["contours"]) == 2
    page.keyboard.press("Delete")
    assert len(drawn(page)["regions"]["lesions"][1]["contours"]) == 1
    page.get_by_role("button", name="Remove Lesion 2").click()
    assert len(drawn(page)["regions"]["lesions"]) == 1
    page.keyboard.press("Control+z")
    assert len(drawn(page)["regions"]["lesions"]) == 2


def test_leaving_with_changes_asks_first_and_leads_to_the_list(page: Page) -> None:
    page.keyboard.press("n")
    page.keyboard.press("b")
    drag(page, 0, (0.5, 0.4), (0.6, 0.5))
    page.get_by_role("button", name="Leave").click()
    expect(page.locator(".status")).to_contain_text("not saved")
    page.get_by_role("button", name="Leave").click()
    expect(page.get_by_role("heading", name="Lesion outlines")).to_be_visible()
    expect(page.get_by_role("button", name="Compute the mismatch")).to_be_visible()
