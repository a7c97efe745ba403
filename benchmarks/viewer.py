"""The six tiles, a scroll step, saving and the next case, in headless Chromium without a GPU.

python -m benchmarks.viewer [--rounds 5]

Goals: painted within 1.5 s cold, next case within 0.5 s, a draw within 4 ms at 60 frames/s, no request for a
step, saved within 0.3 s.  Cold: a browser that was never here; warm: a reload; the images lie in the archive.
"From opening" counts from the reading room's first request for the case, "from navigation" from the address.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, sync_playwright

from benchmarks.served_study import PASSWORD, make_study, served

CHROMIUM = "/usr/bin/chromium"
STEPS = 120
PAINTED = (
    "(code) => { const all = (root) => [...root.querySelectorAll('*')].flatMap((e) =>"
    " e.shadowRoot ? [e, ...all(e.shadowRoot)] : [e]);"
    " const found = all(document).find((e) => e.viewer);"
    " return found?.viewer.times?.painted > 0 && found.viewer.study.code !== code }"
)
TIMES = """(e) => {
  const v = e.viewer, opened = performance.getEntriesByName("case opened").at(-1).startTime;
  return {
    first: v.started + v.times.firstSlices - opened,
    opening: v.started + v.times.painted - opened,
    navigation: v.started + v.times.painted,
  };
}"""
SCROLL = """async (e, steps) => {
  const v = e.viewer, frames = [];
  v.toSlice(0); v.frames.length = 0;
  let down = 1, last = performance.now();
  for (let n = 0; n < steps; n++) {
    if (v.active.k >= v.active.series.nz - 1) down = -1; else if (v.active.k <= 0) down = 1;
    v.step(down);
    const now = await new Promise(requestAnimationFrame);
    frames.push(now - last); last = now;
  }
  return { draws: v.frames.map((f) => f[1]), frames: frames.slice(1) };
}"""


def main() -> None:
    """Measure and print medians over the rounds."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    rounds = parser.parse_args().rounds
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        make_study(Path(folder), readers=1, cases=2 * rounds)
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        with served(Path(folder)) as (url, _):
            measured = [_round(browser, url) for _ in range(rounds)]
        browser.close()
    for name in measured[0]:
        values = [one[name] for one in measured]
        print(
            f"{name:40} median {statistics.median(values):8.2f}   of {', '.join(f'{v:.2f}' for v in values)}"
        )


def _round(browser: Browser, url: str) -> dict[str, float]:
    context = browser.new_context(viewport={"width": 1280, "height": 800}, base_url=url)
    page = context.new_page()
    _sign_in(page)
    page.goto("/reading_room")
    page.wait_for_function(PAINTED, arg="")
    cold = page.locator(".viewer").evaluate(TIMES)
    page.reload()
    page.wait_for_function(PAINTED, arg="")
    warm = page.locator(".viewer").evaluate(TIMES)
    requests: list[str] = []
    page.wait_for_load_state("networkidle")
    page.on("request", lambda request: requests.append(request.url))
    scrolled = page.locator(".viewer").evaluate(SCROLL, STEPS)
    step_requests = len(requests)
    saved, following = _sign(page)
    context.close()
    return {
        "first slices, cold, from opening, ms": cold["first"],
        "six volumes, cold, from opening, ms": cold["opening"],
        "six volumes, warm, from opening, ms": warm["opening"],
        "six volumes, cold, from navigation, ms": cold["navigation"],
        "six volumes, warm, from navigation, ms": warm["navigation"],
        "draw of six tiles, ms": statistics.median(scrolled["draws"]),
        "draw of six tiles, 95 %, ms": statistics.quantiles(scrolled["draws"], n=20)[-1],
        "frame, ms": statistics.median(scrolled["frames"]),
        f"requests in {STEPS} steps": step_requests,
        "Enter to acknowledged, ms": saved,
        "Enter to next case painted, ms": following,
    }


def _sign_in(page: Page) -> None:
    page.goto("/")
    page.fill("[name=username]", "reader1")
    page.fill("[name=password]", PASSWORD)
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Read the").or_(page.get_by_role("button", name="Go on")).wait_for()


def _sign(page: Page) -> tuple[float, float]:
    """Milliseconds from Enter to the acknowledgement, and to the next case's images on screen."""
    viewer = page.locator(".viewer")
    code = viewer.evaluate("e => e.viewer.study.code")
    for key in ("5", "Shift+Digit9"):
        page.keyboard.press(key)
    page.wait_for_timeout(1000)
    viewer.evaluate(
        "() => { window.addEventListener('keydown', () => (window.entered = performance.now()), true) }"
    )
    page.keyboard.press("Enter")
    page.wait_for_function(PAINTED, arg=code)
    times: dict[str, Any] = viewer.evaluate(
        "e => ({ painted: e.viewer.started + e.viewer.times.painted - window.entered,"
        " saved: performance.getEntriesByType('resource').filter((r) => r.name.endsWith('/sign'))"
        ".at(-1).responseEnd - window.entered })"
    )
    return times["saved"], times["painted"]


if __name__ == "__main__":
    main()
