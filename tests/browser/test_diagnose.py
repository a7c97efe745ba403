"""A new patient, from a zip archive to the models' answers, beside a study that stays as it is."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Page, expect

from dls.clinical import code_names
from dls.demo.results import MODELS_FOLDER
from dls.diagnosis.patients import NUMBER, patients
from dls.domain import LesionClass
from dls.imaging.dicom import write_series
from dls.nn.feature_store import FeatureStore
from dls.nn.package import load_package
from dls.phantom.cohort import training_cohort
from dls.phantom.render import PhantomStudy, render
from tests.browser.conftest import App, wait_until_painted
from tests.browser.test_import import enter
from tests.browser.test_lesion_outline import drag

pytestmark = pytest.mark.browser
SignIn = Callable[[str], Page]
LETTERS = "ADF"
NETWORKS_MS = 300_000
"""TensorFlow and the networks are loaded meanwhile, by a machine that may be busy."""
VISIBLE = (
    "() => {{ const all = [...document.querySelectorAll('{0}')];"
    " return all.length === {1} && all.every((i) => i.complete && i.naturalWidth > 0); }}"
)
SALIENCY = (
    "() => { const all = (root) => [...root.querySelectorAll('*')].flatMap((e) =>"
    " e.shadowRoot ? [e, ...all(e.shadowRoot)] : [e]);"
    " const v = all(document).find((e) => e.viewer); return v && v.viewer.tiles.every((t) => t.saliency); }"
)


@pytest.fixture(scope="module")
def phantom() -> PhantomStudy:
    """A hepatocellular carcinoma."""
    return render(next(p for p in training_cohort(200) if p.lesion_class is LesionClass.HCC))


@pytest.fixture(scope="module")
def archive(phantom: PhantomStudy, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("patient")
    for series in phantom.series:
        write_series(folder / "dicom" / series.sequence.slug, series.voxels, series.geometry, series.tags)
    return Path(shutil.make_archive(str(folder / "patient"), "zip", folder / "dicom"))


@pytest.fixture
def home(app: App) -> Iterator[Path]:
    """The study's folder, with three of the demo's models and their features of three cases."""
    home = app.store.path.parent
    features = FeatureStore(home / "features")
    for letter in LETTERS:
        shutil.copytree(MODELS_FOLDER / letter, home / "models" / letter)
        package = load_package(home / "models" / letter)
        width = 256 + (len(code_names()) if package.clinical_codes else 0)
        for case_id in (1, 2, 3):
            hidden = np.abs(np.random.default_rng(case_id).normal(size=(2, width)))
            features.put(package.sha256, case_id, hidden)
    yield home
    for name in ("models", "features", "diagnosis"):
        shutil.rmtree(home / name, ignore_errors=True)


def test_from_a_zip_archive_to_the_result(
    app: App, home: Path, signed_in: SignIn, archive: Path, phantom: PhantomStudy
) -> None:
    before = app.store.cases()
    page = signed_in("ines")
    page.goto("/diagnose")
    expect(page.get_by_role("alert").first).to_contain_text("Research use only")
    page.locator("input[webkitdirectory]").first.wait_for(state="attached")
    page.get_by_text("A zip archive or single files").click()
    expect(page.locator("input[webkitdirectory]")).to_have_count(0)
    page.locator("input[type=file]").first.set_input_files(archive)
    page.get_by_role("button", name="Receive").first.click()
    expect(page.get_by_text("All six sequences are there.")).to_be_visible()
    page.get_by_role("button", name="Outline the lesion").click()

    wait_until_painted(page, "Outline of Patient of")
    expect(page.locator(".badge", has_text="Research use only")).to_be_visible()
    outline_the_lesion(page, phantom)
    page.get_by_role("button", name="Leave").click()

    enter(page, "Age, years", "61")
    expect(page.get_by_text("1 of 15 values are entered; 14 are missing.")).to_be_visible()
    enter(page, "AFP, ng/mL", "900")
    expect(page.get_by_text("2 of 15 values are entered; 13 are missing.")).to_be_visible()
    page.get_by_role("button", name="Run the models").click()
    expect(page.locator(".opinion")).to_have_count(3, timeout=NETWORKS_MS)

    (patient,) = patients(home)
    assert app.store.cases().equals(before)
    answers = json.loads((patient.folder / "answers.json").read_text())
    assert set(answers["probabilities"]) == set(LETTERS)
    for letter, rows in answers["probabilities"].items():
        score = max(np.mean(rows, axis=0))
        card = page.locator(".opinion", has_text=f"Model {letter} ·")
        expect(card.locator(".called small")).to_have_text(f"{score:.2f}")
    triage = page.locator(".opinion", has_text="Model D ·")
    expect(triage.locator(".called")).to_contain_text("malignant")
    expect(triage).to_contain_text("cross section")
    expect(page.get_by_text("13 of 15 clinical values are missing: Sex")).to_be_visible()
    expect(page.get_by_text("Model C: the study has no package of it")).to_be_visible()
    page.locator(".known").scroll_into_view_if_needed()
    page.wait_for_function(VISIBLE.format(".known img", 3))
    page.locator(".viewer").scroll_into_view_if_needed()
    page.wait_for_function(SALIENCY)
    assert list((patient.folder / "saliency" / str(NUMBER)).glob("*/saliency.json"))
    page.locator(".known a").first.click()
    expect(page.get_by_role("heading", name="SECRET-")).to_be_visible()


def outline_the_lesion(page: Page, phantom: PhantomStudy) -> None:
    """Go to the lesion's middle slice on T2 and drag an ellipse over it, as a person would."""
    middle = phantom.outline[len(phantom.outline) // 2]
    left, top, right, bottom, down = page.locator(".viewer").evaluate(
        "(e, points) => { const v = e.viewer, t = v.tiles[0], s = t.series, scale = v.scaleOf(t);"
        " const voxel = (p) => { const d = p.map((x, n) => x - s.origin[n]);"
        "  const along = (a) => a.reduce((sum, x, n) => sum + x * d[n], 0);"
        "  return [along(s.row) / s.sp[0], along(s.col) / s.sp[1], along(s.nrm) / s.dz]; };"
        " const at = voxel(v.view.focus), all = points.map(voxel);"
        " const x = all.map((p) => 0.5 + (p[0] - at[0]) * s.sp[0] * scale / t.canvas.width);"
        " const y = all.map((p) => 0.5 + (p[1] - at[1]) * s.sp[1] * scale / t.canvas.height);"
        " return [Math.min(...x), Math.min(...y), Math.max(...x), Math.max(...y),"
        "  Math.round(all[0][2]) - t.k]; }",
        middle.tolist(),
    )
    page.get_by_role("button", name="New").click()
    for _ in range(abs(down)):
        page.keyboard.press("ArrowDown" if down > 0 else "ArrowUp")
    page.keyboard.press("e")
    drag(page, 0, (left, top), (right, bottom))
    assert page.locator(".viewer").evaluate("e => e.viewer.editor.regions.lesions[0].contours.length") == 1
    page.get_by_role("button", name="Save").click()
    expect(page.locator(".frame")).to_have_attribute("data-saved", "true")
    expect(page.locator(".keep .note")).to_contain_text("Version 1, Ines")
