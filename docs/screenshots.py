"""The README's screenshots, taken from the demo as it is now.

python -m docs.screenshots [--out docs]

A demo study is made in a temporary folder and opened in headless Chromium: the reading room with an answer
about to be signed, the consensus room on a case that the three readers dispute, and an investigator's pages.
The sheet of phantom lesions is drawn as well.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

from playwright.sync_api import Browser, Page, ViewportSize, expect, sync_playwright

from benchmarks.served_study import served
from dls.demo.accounts import DEMO_ACCOUNTS
from dls.demo.prepare import prepare
from dls.domain import LesionClass
from dls.phantom import contact_sheet
from dls.study.accounts import account_named
from dls.study.reading import Entry, next_assignment, sign, worklist
from dls.study.store import Store

CHROMIUM = "/usr/bin/chromium"
ROOM = ViewportSize(width=1280, height=800)
PAGE = ViewportSize(width=1440, height=1000)
TALL = ViewportSize(width=1440, height=1180)
PATIENCE_MS = 120_000
SETTLED_MS = 1500
"""For fonts and the last frame of a figure; everything that can be waited for is."""

VIEWER = (
    "const all = (root) => [...root.querySelectorAll('*')].flatMap((e) =>"
    " e.shadowRoot ? [e, ...all(e.shadowRoot)] : [e]);"
    " const viewer = all(document).find((e) => e.viewer)?.viewer;"
)
PAINTED = f"() => {{ {VIEWER} return viewer?.times?.painted > 0 }}"
EXPLAINED = f"() => {{ {VIEWER} return viewer?.times?.painted > 0 && viewer.tiles.every((t) => t.saliency) }}"
ALL_PICTURES = (
    "() => [...document.querySelectorAll('.gallery img')].every((i) =>"
    " i.getBoundingClientRect().top > innerHeight || (i.complete && i.naturalWidth > 0))"
)
WHOLE = "() => document.querySelector('[data-testid=stApp]').dataset.testScriptState !== 'running'"
"""That the page has no part to come; a first visit computes what stands below its figure."""
LESION_MM = (30, 60)
"""Diameter of a lesion that fills a good part of a small picture."""
DISPUTED = {"reader1": LesionClass.HEMANGIOMA, "reader2": LesionClass.HCC, "reader3": LesionClass.METASTASIS}


def main() -> None:
    """Make the demo, take every picture and print its path."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=Path(__file__).parent, help="folder of the pictures")
    out = parser.parse_args().out
    expect.set_options(timeout=PATIENCE_MS)
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        home = Path(folder)
        prepare(home)
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        with served(home) as (url, _):
            reader = _signed_in(browser, url, "reader1", ROOM)
            _reading_room(reader, out)
            _dispute(Store(home / "study.db"))
            _consensus_room(reader, out)
            _investigators_pages(_signed_in(browser, url, "investigator", PAGE), out, home)
        browser.close()
    contact_sheet.main([str(out / "contact_sheet.png")])


def _reading_room(page: Page, out: Path) -> None:
    page.goto("/reading_room")
    page.wait_for_function(PAINTED)
    for key in ("5", "Shift+Digit9"):
        page.keyboard.press(key)
    expect(page.locator(".status")).to_contain_text("Draft saved")
    _keep(page, out / "reading_room.png")


def _dispute(store: Store) -> None:
    """All three readers sign a case that reader 1 has open, each as something else."""
    first = account_named(store, "reader1").id
    open_case = next_assignment(store, first)
    if open_case is None:
        raise SystemExit("The demo has no case left to read.")
    for name, called in DISPUTED.items():
        reader = account_named(store, name).id
        code = next(a.code for a in worklist(store, reader) if a.case_id == open_case.case_id)
        sign(store, reader, code, Entry(called, 80 if called.malignant else 20))


def _consensus_room(page: Page, out: Path) -> None:
    page.goto("/consensus")
    page.get_by_role("button", name="Decide").first.click()
    page.wait_for_function(PAINTED)
    page.keyboard.press("5")
    _keep(page, out / "consensus_room.png")


def _investigators_pages(page: Page, out: Path, home: Path) -> None:
    marks, pictures = page.locator(".js-plotly-plot .scatterlayer").first, page.locator(".gallery img")
    for name, drawn in (
        ("accuracy", marks),
        ("feature_map", marks),
        ("subgroups", marks),
        ("disagreements", pictures.first),
    ):
        page.goto(f"/{name}")
        drawn.wait_for()
        page.wait_for_function(ALL_PICTURES)
        page.wait_for_function(WHOLE)
        _keep(page, out / f"{name}.png")
    page.goto("/cases?where=A:wrong&where=consensus:right")
    page.get_by_text("Reference standard").first.wait_for(state="attached")
    _keep(page, out / "cases.png")
    page.set_viewport_size(TALL)
    page.goto(f"/cases?case={_telling_case(Store(home / 'study.db'))}&overlay=A")
    page.wait_for_function(EXPLAINED)
    _keep(page, out / "case.png")


def _telling_case(store: Store) -> int:
    """The first HCC of a telling size that readers have read and Model A called right."""
    cases = store.cases()
    called = store.patient_scores("A").idxmax(axis=1).reindex(cases.index)
    right = (cases["lesion_class"] == LesionClass.HCC) & (called == LesionClass.HCC.label)
    read = cases.index.isin(store.readings()["case_id"])
    telling = cases.index[right & read & cases["lesion_mm"].between(*LESION_MM)]
    if telling.empty:
        raise SystemExit("Model A calls no HCC of that size right.")
    return int(telling[0])


def _signed_in(browser: Browser, url: str, username: str, viewport: ViewportSize) -> Page:
    account = next(a for a in DEMO_ACCOUNTS if a.username == username)
    page = browser.new_context(viewport=viewport, base_url=url).new_page()
    page.set_default_timeout(PATIENCE_MS)
    page.goto("/")
    page.fill("[name=username]", account.username)
    page.fill("[name=password]", account.password)
    page.keyboard.press("Enter")
    page.get_by_role("heading", level=1).wait_for()
    return page


def _keep(page: Page, path: Path) -> None:
    page.wait_for_timeout(SETTLED_MS)
    page.screenshot(path=path)
    print(path)


if __name__ == "__main__":
    main()
