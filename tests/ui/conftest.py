"""The small reading study behind the routes, and signed-in clients of it."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from streamlit.testing.v1 import AppTest

from dls.study.accounts import account_named, sign_in
from dls.study.reading import worklist
from dls.study.store import Store
from dls.ui import session
from dls.ui.routes.all_routes import all_routes
from dls.ui.routes.gate import Gate
from tests.ui.asgi import Client
from tests.ui.reading_study import PASSWORD, make_reading_study

ROOT = Path(__file__).parents[2]
SignIn = Callable[[str], Client]
OpenPage = Callable[..., AppTest]


@pytest.fixture(scope="session")
def prepared_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("prepared")
    make_reading_study(home, pixels=24)
    return home


@pytest.fixture
def study_store(prepared_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Store:
    """A fresh copy of the study, which the pages and routes then work on."""
    home = tmp_path / "home"
    shutil.copytree(prepared_home, home)
    monkeypatch.setenv("DLS_HOME", str(home))
    return Store(home / "study.db")


@pytest.fixture
def anyone(study_store: Store) -> Client:
    """Somebody who is not signed in."""
    return Client(Starlette(routes=all_routes(), middleware=[Middleware(Gate)]))


@pytest.fixture
def client_of(anyone: Client, study_store: Store) -> SignIn:
    return lambda name: Client(anyone.app, sign_in(study_store, name, PASSWORD))


@pytest.fixture
def codes(study_store: Store) -> Callable[[str], list[str]]:
    """Opaque codes of a reader's cases, in the reader's order."""
    return lambda name: [a.code for a in worklist(study_store, account_named(study_store, name).id)]


@pytest.fixture
def open_page(study_store: Store, monkeypatch: pytest.MonkeyPatch) -> OpenPage:
    """Run a page through the router as somebody who is signed in."""

    def run(name: str | None, who: str = "anna", **query: str) -> AppTest:
        token = sign_in(study_store, who, PASSWORD)
        monkeypatch.setattr(session, "token", lambda: token)
        app = AppTest.from_file(str(ROOT / "router.py"), default_timeout=30).run()
        if name is not None:
            app.switch_page(f"pages/{name}.py")
            for key, value in query.items():
                app.query_params[key] = value
            app.run()
        assert not app.exception, app.exception[0].stack_trace
        return app

    return run
