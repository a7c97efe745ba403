"""The viewer: links, tools, what it fetches, and that all of it fits the screen."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import App, wait_until_painted

pytestmark = pytest.mark.browser
Enter = Callable[..., Page]


def state(page: Page) -> dict[str, Any]:
    """Slices, windows and view of the viewer."""
    return page.locator(".viewer").evaluate(
        "e => ({k: e.viewer.tiles.map(t => t.k), window: e.viewer.tiles.map(t => t.window),"
        " focus: e.viewer.view.focus, zoom: e.viewer.view.zoom,"
        " active: e.viewer.tiles.indexOf(e.viewer.active),"
        " inverted: e.viewer.tiles.map(t => t.inverted), outline: e.viewer.options.outline,"
        " measured: e.viewer.tiles.map(t => t.measurements.length), draws: e.viewer.frames.length})"
    )


def tile(page: Page, number: int) -> dict[str, float]:
    box = page.locator(".tile canvas").nth(number).bounding_box()
    assert box is not None
    return {"x": box["x"] + box["width"] / 2, "y": box["y"] + box["height"] / 2}


def drag(page: Page, number: int, dx: int, dy: int, button: str = "left") -> None:
    start = tile(page, number)
    page.mouse.move(start["x"], start["y"])
    page.mouse.down(button=button)
    page.mouse.move(start["x"] + dx, start["y"] + dy, steps=3)
    page.mouse.up(button=button)


def test_it_opens_at_the_lesion(reading_room: Enter) -> None:
    # Middle contour (-60, -10, 10.5) mm: slice (10.5 + 38.5) / 7 = 7 of T2, (10.5 + 40) / 7 = 7.2 of DWI,
    # (46.5 cos 2° - 127 sin 2°) / 3 = 14.01 of the tilted T1 series.
    assert state(reading_room())["k"] == [7, 7, 14, 14, 14, 14]


def test_scrolling_is_linked_by_position_and_fetches_nothing(app: App, reading_room: Enter) -> None:
    page, code = reading_room(), app.codes("anna")[0]
    requests: list[str] = []
    page.on("request", lambda request: requests.append(request.url))
    page.keyboard.press("ArrowDown")
    assert state(page)["k"] == [8, 8, 16, 16, 16, 16]
    page.mouse.move(**tile(page, 5))
    page.mouse.wheel(0, 100)
    assert state(page)["k"] == [8, 8, 17, 17, 17, 17]
    page.keyboard.press("Home")
    assert state(page)["k"][5] == 0
    page.keyboard.press("End")
    page.wait_for_timeout(300)
    assert state(page)["k"][5] == 27
    assert [url for url in requests if code in url and not url.endswith("/draft")] == []


def test_window_zoom_and_pan_by_dragging(reading_room: Enter) -> None:
    page = reading_room()
    before = state(page)
    drag(page, 2, 60, 0)
    after = state(page)
    assert after["window"][2][1] > before["window"][2][1]
    assert after["window"][0] == before["window"][0]
    drag(page, 0, 0, -60, button="right")
    assert state(page)["zoom"] > 1
    drag(page, 0, 50, 0, button="middle")
    moved = state(page)
    assert moved["focus"][0] < before["focus"][0]
    assert moved["k"] == before["k"]
    page.keyboard.press("r")
    assert state(page) | {"draws": 0, "active": 0} == before | {"draws": 0, "active": 0}


def test_tools_by_key(reading_room: Enter) -> None:
    page = reading_room()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("i")
    page.keyboard.press("o")
    now = state(page)
    assert now["active"] == 1
    assert now["inverted"] == [False, True, False, False, False, False]
    assert now["outline"] is False
    wide = now["window"][0][1]
    page.keyboard.press("F8")
    assert state(page)["window"][0][1] > wide
    page.keyboard.press("m")
    expect(page.locator(".tile canvas >> visible=true")).to_have_count(1)
    page.keyboard.press("m")
    expect(page.locator(".tile canvas >> visible=true")).to_have_count(6)


def test_measuring_in_millimetres(reading_room: Enter) -> None:
    page = reading_room()
    page.keyboard.press("d")
    drag(page, 0, 60, 0)
    line = page.locator(".viewer").evaluate("e => e.viewer.tiles[0].measurements[0]")
    scale = page.locator(".viewer").evaluate(
        "e => { const t = e.viewer.tiles[0], v = e.viewer.view;"
        " return Math.min(t.canvas.width / v.field[0], t.canvas.height / v.field[1]) * v.zoom }"
    )
    assert line["to"][0] - line["from"][0] == pytest.approx(60 / scale, rel=1e-6)
    page.keyboard.press("Delete")
    assert state(page)["measured"] == [0] * 6


def test_the_next_case_is_there_before_it_is_asked_for(app: App, reading_room: Enter) -> None:
    page, following = reading_room(), app.codes("anna")[1]
    page.wait_for_function(
        "(code) => performance.getEntriesByType('resource')"
        ".filter((e) => e.name.includes(`images/${code}/`)).length === 6",
        arg=following,
    )
    requests: list[str] = []
    page.on("request", lambda request: requests.append(request.url))
    for key in ("1", "Shift+Digit1", "Enter"):
        page.keyboard.press(key)
    wait_until_painted(page, "Case 2 of 5")
    assert [url for url in requests if f"images/{following}/" in url] == []


@pytest.mark.parametrize(("width", "height"), [(1280, 800), (1920, 1080), (3840, 2160)])
def test_everything_fits_the_screen(reading_room: Enter, width: int, height: int) -> None:
    page = reading_room()
    page.set_viewport_size({"width": width, "height": height})
    page.keyboard.press("6")
    page.keyboard.press("`")
    for locator in (
        page.get_by_role("radio"),
        page.get_by_role("button"),
        page.get_by_label("Comment"),
        page.get_by_role("slider"),
        page.locator(".clinical dd"),
        page.locator(".status"),
        page.locator(".hint"),
    ):
        for one in locator.all():
            box = one.bounding_box()
            assert box is not None
            assert box["x"] >= 0
            assert box["y"] >= 0
            assert box["x"] + box["width"] <= width
            assert box["y"] + box["height"] <= height
    scrolls = page.evaluate("[document.scrollingElement.scrollHeight, document.scrollingElement.scrollWidth]")
    assert scrolls == [height, width]
    clipped = page.locator(".panel, .clinical, .choices").evaluate_all(
        "all => all.filter(e => e.scrollHeight > e.clientHeight + 1 || e.scrollWidth > e.clientWidth + 1)"
        ".map(e => e.className)"
    )
    assert clipped == []
    expect(page.get_by_test_id("stHeader")).to_be_hidden()
    images = page.locator(".viewer").bounding_box()
    assert images is not None
    assert images["height"] > 0.7 * height


def test_streamlits_hotkeys_do_nothing_here(reading_room: Enter) -> None:
    page = reading_room()
    sent: list[Any] = []
    page.on("websocket", lambda socket: socket.on("framesent", lambda frame: sent.extend([frame])))
    page.reload()
    wait_until_painted(page)
    page.wait_for_function("() => !document.querySelector('[data-testid=stStatusWidget]')")
    page.wait_for_timeout(1000)
    assert sent
    sent.clear()
    for key in ("r", "c", "Escape", "q"):
        page.keyboard.press(key)
    page.wait_for_timeout(300)
    assert sent == []
    expect(page.get_by_role("dialog")).to_have_count(0)


def test_controls_are_reached_by_tab_in_order(reading_room: Enter) -> None:
    page = reading_room()
    reached = []
    for _ in range(40):
        page.keyboard.press("Tab")
        name = page.evaluate(
            "() => { let e = document.activeElement; while (e?.shadowRoot) e = e.shadowRoot.activeElement;"
            " return e ? `${e.getAttribute('aria-label') ?? e.textContent}` : '' }"
        )
        reached.append(name)
    wanted = ["1 cyst", "7 other primary", "Confidence that", "Comment", "Sign"]
    found = [next((n for n, name in enumerate(reached) if w.split()[-1] in name), None) for w in wanted]
    assert None not in found, reached
    assert found == sorted(found)
    page.get_by_role("slider").focus()
    page.keyboard.press("ArrowRight")
    expect(page.locator(".confidence")).to_have_text("51 %")
