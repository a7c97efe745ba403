"""A study that was only a table of readings opens on every page."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from dls.study.accounts import add_account, sign_in
from dls.study.database import CHEAP_PASSWORDS
from dls.study.published_readings import Meaning, import_published
from dls.study.store import Store
from dls.ui import session

ROOT = Path(__file__).parents[2]
PAGES = ["overview", "accuracy", "agreement", "cases", "feature_map", "studies", "audit", "aided", "dry_run"]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("vandyke")
    store = Store(home / "study.db", password_cost=CHEAP_PASSWORDS)
    add_account(store, "ines", "Ines", "investigator", "sesame-opens-it")
    table = pd.read_csv(ROOT / "data" / "golden" / "vandyke.csv")
    import_published(store, table, "Van Dyke", Meaning("1", 3, aided="2"))
    return home


@pytest.mark.parametrize("page", PAGES)
def test_the_page_opens(home: Path, monkeypatch: pytest.MonkeyPatch, page: str) -> None:
    monkeypatch.setenv("DLS_HOME", str(home))
    token = sign_in(Store(home / "study.db"), "ines", "sesame-opens-it")
    monkeypatch.setattr(session, "token", lambda: token)
    app = AppTest.from_file(str(ROOT / "pages" / f"{page}.py"), default_timeout=120).run()
    assert not app.exception, app.exception[0].stack_trace
    assert app.title


def test_one_of_its_cases_opens(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DLS_HOME", str(home))
    token = sign_in(Store(home / "study.db"), "ines", "sesame-opens-it")
    monkeypatch.setattr(session, "token", lambda: token)
    app = AppTest.from_file(str(ROOT / "pages" / "cases.py"), default_timeout=120)
    app.query_params["case"] = "1"
    app.run()
    assert not app.exception, app.exception[0].stack_trace
    assert "P-1" in app.subheader[0].value
