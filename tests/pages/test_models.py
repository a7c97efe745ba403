"""The Models page: what is in use, what may be chosen, and who may do what."""

from __future__ import annotations

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from dls.nn.package import ModelPackage
from dls.nn.package_archive import pack
from dls.nn.registry import Registry, copy_package
from dls.study import jobs
from dls.study.accounts import Role, add_account
from dls.study.package_choice import choices
from dls.study.protocol import amend, protocol
from dls.study.store import Store
from dls.ui import context
from tests.analysis.tiny_store import INVESTIGATOR
from tests.jobs.conftest import untrained
from tests.pages.conftest import OpenPage

ADMINISTRATOR = ("chief", "sesame-opens-it")


@pytest.fixture(autouse=True)
def administrator(study_store: Store) -> None:
    add_account(study_store, ADMINISTRATOR[0], "Chief", Role.ADMINISTRATOR, ADMINISTRATOR[1])


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> ModelPackage:
    return untrained(tmp_path_factory.mktemp("package") / "B", "B")


def labels(page: AppTest) -> list[str]:
    return [b.label for b in page.button]


def test_without_models_it_says_so(open_page: OpenPage) -> None:
    page = open_page("models")
    assert "no models yet" in page.info[0].value


def test_an_investigator_reads_and_changes_nothing(open_page: OpenPage, package: ModelPackage) -> None:
    Registry(context.home() / "registry").add(package)
    page = open_page("models", who=INVESTIGATOR)
    assert not {"Use it in this study", "Run the models over all cases"} & set(labels(page))
    assert not page.get("file_uploader")
    assert any("# Model B" in m.value for m in page.markdown)
    compared = page.get("html")[-1].proto.body
    assert package.sha256[:12] in compared
    assert "patients by class" in compared


def test_an_administrator_chooses_a_package(
    open_page: OpenPage, package: ModelPackage, study_store: Store
) -> None:
    amend(study_store, protocol(study_store), "other packages")
    Registry(context.home() / "registry").add(package)
    page = open_page("models", who=ADMINISTRATOR)
    next(b for b in page.button if b.label == "Use it in this study").click().run()
    assert not page.exception
    assert choices(study_store) == {"B": package.sha256}
    assert study_store.packages()["B"] == package.sha256
    assert (context.home() / "models" / "B" / "package.json").is_file()
    assert [(j.kind, j.settings) for j in jobs.newest(study_store)] == [("predict", {"letters": ["B"]})]
    table = page.dataframe[0].value
    assert table["Package"].tolist() == [package.sha256[:12]]
    assert table["Cases scored"].tolist() == ["0 of 12"]
    next(b for b in page.button if b.label == "").click().run()
    assert jobs.newest(study_store)[0].state is jobs.State.CANCELLED


def test_a_frozen_protocol_keeps_its_package(open_page: OpenPage, package: ModelPackage) -> None:
    Registry(context.home() / "registry").add(package)
    page = open_page("models", who=ADMINISTRATOR)
    next(b for b in page.button if b.label == "Use it in this study").click().run()
    assert "frozen with another package of model B" in page.error[0].value
    assert not (context.home() / "models").exists()


def test_an_altered_package_is_shown_with_its_problem(open_page: OpenPage, package: ModelPackage) -> None:
    copy_package(package, context.home() / "registry" / f"B-{package.sha256[:12]}")
    (context.home() / "registry" / f"B-{package.sha256[:12]}" / "weights.npz").write_bytes(b"gone")
    page = open_page("models", who=INVESTIGATOR)
    assert "were altered" in page.error[0].value


def test_an_upload_is_verified_and_kept(
    open_page: OpenPage, package: ModelPackage, tmp_path: Path, study_store: Store
) -> None:
    pack(package, tmp_path / "B.zip")
    page = open_page("models", who=ADMINISTRATOR)
    upload(page, "B.zip", (tmp_path / "B.zip").read_bytes())
    assert "is verified and kept" in page.success[0].value
    assert [k.package.sha256 for k in Registry(context.home() / "registry").kept() if k.package] == [
        package.sha256
    ]
    assert jobs.newest(study_store)[0].kind == "try"


def test_what_is_no_package_is_refused_with_the_reason(open_page: OpenPage) -> None:
    page = open_page("models", who=ADMINISTRATOR)
    upload(page, "x.zip", b"not a zip")
    assert "no readable model package" in page.error[0].value
    assert Registry(context.home() / "registry").kept() == ()


def upload(page: AppTest, name: str, data: bytes) -> None:
    page.file_uploader[0].upload(name, data, "application/zip").run()
    next(b for b in page.button if b.label == "Verify and keep").click().run()
    assert not page.exception, page.exception[0].stack_trace
