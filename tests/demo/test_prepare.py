"""The demo study, made from what is shipped."""

from pathlib import Path

import pytest

from dls.demo import prepare as demo
from dls.demo.accounts import DEMO_ACCOUNTS
from dls.domain import MODELS, LesionClass
from dls.errors import ConflictError, InputError
from dls.nn.feature_store import FeatureStore
from dls.phantom.cohort import validation_cohort
from dls.study import audit
from dls.study.accounts import account_of, sign_in
from dls.study.protocol import Protocol, create_study, freeze_id
from dls.study.reading import worklist
from dls.study.store import Store


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("home")
    assert demo.prepare(home)
    return home


@pytest.fixture
def store(home: Path) -> Store:
    return Store(home / "study.db")


def test_the_composition_is_the_papers(store: Store) -> None:
    counts = store.cases()["lesion_class"].value_counts().sort_index().tolist()
    assert counts == [38, 46, 9, 9, 47, 37, 15]


def test_each_reader_has_thirty_cases_to_read_and_the_rest_is_simulated(store: Store) -> None:
    readings = store.readings()
    assert readings["simulated"].all()
    assert readings.groupby("reader").size().tolist() == [171, 171, 171]
    reader = account_of(store, sign_in(store, "reader1", DEMO_ACCOUNTS[0].password))
    assert reader is not None
    assert [a.status for a in worklist(store, reader.id)].count("unread") == 30


def test_the_unread_cases_hold_every_class() -> None:
    patients = validation_cohort()
    unread = demo.unread_cases(patients)
    assert len(unread) == 30
    assert {p.lesion_class for p in patients if p.code in unread} == set(LesionClass)


def test_every_case_that_three_readers_read_has_a_consensus(store: Store) -> None:
    consensus = store.consensus()
    assert len(consensus) == 171
    assert consensus["simulated"].all()
    assert set(consensus["mode"]) == {"unanimous", "joint"}


def test_scores_of_all_seven_models_are_there(store: Store) -> None:
    for letter, spec in MODELS.items():
        scores = store.patient_scores(letter)
        assert scores.shape == (201, len(spec.task.classes))
        assert scores.sum(axis=1).to_numpy() == pytest.approx(1)


def test_features_of_every_case_are_there(home: Path, store: Store) -> None:
    features = FeatureStore(home / "features")
    for letter, sha256 in store.packages().items():
        assert features.cases(sha256) == store.cases().index.tolist()
        groups = store.group_scores(letter).groupby("case_id").size()
        assert len(features.get(sha256, 1)) == groups[1]


def test_simulated_readings_do_not_freeze_the_protocol(store: Store) -> None:
    assert freeze_id(store) is None
    assert audit.verify(store).ok


def test_a_second_call_changes_nothing(home: Path) -> None:
    before = (home / "study.db").read_bytes()
    assert not demo.prepare(home)
    assert (home / "study.db").read_bytes() == before


def test_reset_makes_way_for_a_new_demo(tmp_path: Path) -> None:
    demo.prepare(tmp_path)
    (kept := tmp_path / "study.db.before-restore-20260101T000000000000Z").write_text("perhaps a real study")
    demo.reset(tmp_path)
    assert list(tmp_path.glob("study.db*")) == [kept]
    assert demo.prepare(tmp_path)


def test_another_study_is_neither_replaced_nor_deleted(tmp_path: Path) -> None:
    store = Store(tmp_path / "study.db")
    from dls.study.accounts import Role, add_account

    reader = add_account(store, "someone", "Some One", Role.READER, "a long password")
    create_study(store, "A real study", Protocol(readers=(reader.id,)))
    for action in (demo.prepare, demo.reset):
        with pytest.raises(ConflictError, match="not the demo"):
            action(tmp_path)
    assert (tmp_path / "study.db").exists()


def test_results_of_other_models_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(demo, "MODELS_FOLDER", tmp_path / "none")
    with pytest.raises(InputError):
        demo.prepare(tmp_path / "home")
    assert not (tmp_path / "home" / "study.db").exists()
