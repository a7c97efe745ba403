from collections.abc import Callable
from pathlib import Path

import pytest

from dls.errors import InputError
from dls.study.accounts import Role, add_account
from dls.study.cases import NewCase
from dls.study.database import CHEAP_PASSWORDS
from dls.study.protocol import Protocol, create_study
from dls.study.store import Store
from dls.ui import context
from dls.ui.image_renderer import ImageRenderer
from tests.ui.reading_study import PASSWORD


class Renderer(ImageRenderer):
    """Notes what it was asked for, and works ahead at once."""

    def __init__(self) -> None:
        self.asked: list[tuple[int, str]] = []

    def render(self, case_id: int, image_source: str) -> None:
        self.asked.append((case_id, image_source))

    def submit(self, work: Callable[[int], object], case_id: int) -> None:
        work(case_id)


@pytest.fixture
def renderer(monkeypatch: pytest.MonkeyPatch) -> Renderer:
    made = Renderer()
    monkeypatch.setattr(context, "_renderer", lambda root: made)
    return made


def without_images(store: Store, source: str) -> int:
    """A case, in a study that has no order yet, whose images are not in the archive."""
    case = NewCase("X-1", 0, "histopathology", 10.0, "Maker 1.5 T", {}, source, simulated_images=True)
    return store.add_case(case).id


@pytest.fixture
def empty_store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Store:
    monkeypatch.setenv("DLS_HOME", str(tmp_path))
    store = Store(tmp_path / "study.db", password_cost=CHEAP_PASSWORDS)
    reader = add_account(store, "anna", "Anna", Role.READER, PASSWORD)
    create_study(store, "Empty", Protocol(readers=(reader.id,)))
    return store


def test_the_home_is_the_environments(empty_store: Store, tmp_path: Path) -> None:
    assert context.home() == tmp_path
    assert context.store().path == empty_store.path
    assert context.store() is context.store()


def test_a_phantom_is_made_on_demand_and_ahead(empty_store: Store, renderer: Renderer) -> None:
    case_id = without_images(empty_store, "phantom:V-007")
    context.ensure_images(case_id)
    context.prefetch(case_id)
    assert renderer.asked == [(case_id, "phantom:V-007")] * 2


def test_images_that_are_there_are_not_made(study_store: Store, renderer: Renderer) -> None:
    context.ensure_images(1)
    context.prefetch(1)
    assert renderer.asked == []


def test_images_that_cannot_be_made_are_missed(empty_store: Store, renderer: Renderer) -> None:
    with pytest.raises(InputError, match="missing from the archive"):
        context.ensure_images(without_images(empty_store, "import"))
