from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest

from dls.cli import main
from dls.domain import LesionClass
from dls.errors import ConflictError, InputError
from dls.study.audit import trail
from dls.study.opinion import model_opinion
from dls.study.protocol import SessionPlan
from dls.study.reading import Entry, revise, sign
from dls.study.reading_files import FORMATS, all_readings, long_ratings, wide_classes, write_readings
from dls.study.store import Store
from tests.study.tiny_study import code_of, tiny_study


@pytest.fixture
def read(tmp_path: Path) -> Store:
    """Cases 1 (benign) and 5 (malignant), read by both readers; one reading is revised."""
    store = tiny_study(tmp_path / "study.db", cases=5)
    for reader in (1, 2):
        for case_id in (1, 5):
            entry = Entry(LesionClass.HCC, 10 * reader + case_id)
            sign(store, reader, code_of(store, reader, case_id), entry)
    revise(store, 1, code_of(store, 1, 1), Entry(LesionClass.CYST, 2.5, comment="a, b"), "slip")
    return store


def test_csv_and_parquet_hold_every_revision(read: Store, tmp_path: Path) -> None:
    assert write_readings(read, tmp_path / "r.csv", "csv", by=1) == 5
    assert write_readings(read, tmp_path / "r.parquet", "parquet") == 5
    table = pd.read_parquet(tmp_path / "r.parquet")
    pd.testing.assert_frame_equal(table, all_readings(read), check_dtype=False)
    assert table["case"].tolist() == pd.read_csv(tmp_path / "r.csv")["case"].tolist()
    assert table.loc[table["revision"] == 2, ["case", "truth", "malignancy"]].to_numpy().tolist() == [
        ["V-001", 0, 2.5]
    ]
    assert str(table["signed_at"].dtype) == "datetime64[us, UTC]"
    entry = next(e for e in trail(read) if e["action"] == "readings.export")
    assert entry["actor_id"] == 1


def test_imrmc_reads_counts_truths_and_scores(read: Store, tmp_path: Path) -> None:
    """The layout of the input file in the iMRMC 4.0 user guide."""
    write_readings(read, tmp_path / "r.imrmc", "imrmc")
    lines = (tmp_path / "r.imrmc").read_text().splitlines()
    assert lines[1:7] == ["N0: 1", "N1: 1", "NR: 2", "NM: 1", "", "BEGIN DATA:"]
    assert lines[7:9] == ["-1,V-001,0,0", "-1,V-005,0,1"]
    assert sorted(lines[9:]) == [
        "Reader 1,V-001,Session 1,2.5",
        "Reader 1,V-005,Session 1,15",
        "Reader 2,V-001,Session 1,21",
        "Reader 2,V-005,Session 1,25",
    ]


def test_mrmcaov_reads_one_row_a_rating(read: Store, tmp_path: Path) -> None:
    write_readings(read, tmp_path / "r.csv", "mrmcaov")
    table = pd.read_csv(tmp_path / "r.csv")
    assert list(table.columns) == ["reader", "treatment", "case", "truth", "rating"]
    assert table.set_index(["reader", "case"])["rating"].to_dict() == {
        ("Reader 1", "V-001"): 2.5,
        ("Reader 1", "V-005"): 15,
        ("Reader 2", "V-001"): 21,
        ("Reader 2", "V-005"): 25,
    }


def test_wide_classes_are_what_the_analysis_of_agreement_takes(
    read: Store, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    sign(read, 1, code_of(read, 1, 2), Entry(LesionClass.FNH, 5))
    assert write_readings(read, tmp_path / "wide.csv", "wide") == 3
    table = pd.read_csv(tmp_path / "wide.csv", keep_default_na=False)
    assert table.to_dict("list") == {
        "case": ["V-001", "V-002", "V-005"],
        "Reader 1": ["cyst", "FNH", "HCC"],
        "Reader 2": ["HCC", "", "HCC"],
    }
    assert main(["analyze", "agreement", str(tmp_path / "wide.csv"), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["n_subjects"], found["n_missing"]) == (3, 1)
    assert found["pairwise"][0]["a"] == "Reader 1"


def test_wide_classes_have_a_column_for_each_treatment(tmp_path: Path) -> None:
    store = tiny_study(
        tmp_path / "s.db", cases=2, readers=1, sessions=(SessionPlan(1, "S", "sequential"),), models=("D",)
    )
    store.add_predictions("D", "ab" * 32, [1, 2], [0, 0], [[0.3, 0.7]] * 2)
    code = code_of(store, 1, 1)
    sign(store, 1, code, Entry(LesionClass.CYST, 5))
    model_opinion(store, 1, code)
    sign(store, 1, code, Entry(LesionClass.HCC, 90))
    assert wide_classes(store).to_dict("list") == {
        "case": ["V-001"],
        "Reader 1, S": ["cyst"],
        "Reader 1, S with model": ["HCC"],
    }


@pytest.mark.parametrize("form", FORMATS)
def test_nothing_is_written_where_there_is_nothing_or_something(
    read: Store, tmp_path: Path, form: str
) -> None:
    with pytest.raises(InputError, match="no reading to write"):
        write_readings(tiny_study(tmp_path / "empty.db"), tmp_path / "new", form)
    (tmp_path / "mine").write_text("mine")
    with pytest.raises(ConflictError, match="overwrite"):
        write_readings(read, tmp_path / "mine", form)
    with pytest.raises(InputError, match="cannot be written"):
        write_readings(read, tmp_path / "no folder" / "r", form)
    assert not (tmp_path / "new").exists()


def test_an_unknown_form_is_named(read: Store, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="csv, parquet, imrmc, mrmcaov"):
        write_readings(read, tmp_path / "r", "xlsx")
    assert len(long_ratings(read)) == 4
