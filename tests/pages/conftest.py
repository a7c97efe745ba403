"""The investigators' pages over the twelve-case study."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from dls.study.accounts import sign_in
from dls.study.store import Store
from dls.ui import session
from tests.analysis.tiny_store import INVESTIGATOR, tiny_store

PAGES = Path(__file__).parents[2] / "pages"
OpenPage = Callable[..., AppTest]


@pytest.fixture
def study_store(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Store:
    """The store of the twelve-case study; a test may ask for another by an indirect parameter."""
    monkeypatch.setenv("DLS_HOME", str(tmp_path))
    return tiny_store(tmp_path / "study.db", **getattr(request, "param", {}))


@pytest.fixture
def open_page(study_store: Store, monkeypatch: pytest.MonkeyPatch) -> OpenPage:
    """Run a page as somebody who is signed in (an investigator, unless told)."""

    def run(name: str, *, who: tuple[str, str] = INVESTIGATOR, **query: str | list[str]) -> AppTest:
        token = sign_in(study_store, *who)
        monkeypatch.setattr(session, "token", lambda: token)
        page = AppTest.from_file(str(PAGES / f"{name}.py"), default_timeout=120)
        for key, value in query.items():
            page.query_params[key] = value
        page.run()
        assert not page.exception, page.exception[0].stack_trace
        return page

    return run
