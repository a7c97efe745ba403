"""The Explanation page: asks for what is not there, and shows numbers and class means of what is."""

from __future__ import annotations

import numpy as np
import pytest

from dls.nn.explain import CaseExplanation
from dls.nn.explanation_file import Explanation, save_explanation
from dls.nn.package import ModelPackage
from dls.nn.registry import copy_package
from dls.nn.saliency import SaliencyMethod
from dls.nn.sanity import RandomisedStage
from dls.study import jobs
from dls.study.store import Store
from dls.ui import context
from tests.jobs.conftest import untrained
from tests.pages.conftest import OpenPage


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> ModelPackage:
    return untrained(tmp_path_factory.mktemp("package") / "B", "B")


def test_without_models_it_says_so(open_page: OpenPage) -> None:
    assert "no models yet" in open_page("explanation").info[0].value


def test_a_model_that_was_not_explained_can_be(
    open_page: OpenPage, package: ModelPackage, study_store: Store
) -> None:
    copy_package(package, context.home() / "models" / "B")
    page = open_page("explanation")
    assert "not explained by gradient yet" in page.info[0].value
    next(b for b in page.button if b.label == "Explain all cases").click().run()
    [asked] = jobs.newest(study_store)
    assert asked.settings == {"letter": "B", "method": "gradient", "per_class": 0}


def test_numbers_and_class_means_are_shown(open_page: OpenPage, package: ModelPackage) -> None:
    copy_package(package, context.home() / "models" / "B")
    slugs = ("t2", "dwi", "pre")
    case = CaseExplanation(
        case_id=1,
        target=0,
        correct=True,
        area=0.25,
        energy=dict.fromkeys((*slugs, "all"), 0.5),
        pointing=dict.fromkeys((*slugs, "all"), 1.0),
        share=dict.fromkeys(slugs, 1 / 3),
    )
    maps = np.random.default_rng(0).random((7, 32, 32, 3)).astype(np.float32)
    groups = np.array([3, 0, 0, 0, 0, 0, 0])
    found = Explanation(
        "B",
        package.sha256,
        SaliencyMethod.GRAD_CAM,
        (case, case),
        maps,
        maps,
        groups,
        (RandomisedStage(1, 20, 0.8), RandomisedStage(20, 20, 0.1)),
    )
    save_explanation(context.home() / "explanations", found)
    page = open_page("explanation", method="Grad-CAM")
    table = page.dataframe[0].value
    assert table["Sequence"].tolist() == ["all", "T2", "DWI", "T1 pre-contrast"]
    assert table["Energy in the lesion"].tolist() == ["0.50 (0.50–0.50)"] * 4
    assert table["Energy / area"].iloc[0] == "2.00 (2.00–2.00)"
    assert table["Share of the saliency"].tolist() == ["1.00", "0.33", "0.33", "0.33"]
    assert page.dataframe[1].value["Rank correlation"].tolist() == ["0.80", "0.10"]
    assert page.dataframe[2].value["Model"].tolist() == ["Model B"]
    assert "cyst (3)" in page.get("plotly_chart")[0].proto.spec
