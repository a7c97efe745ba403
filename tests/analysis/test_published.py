import pandas as pd
import pytest

from dls.analysis.published import PUBLISHED_TABLES, load_published, recompute_published
from dls.errors import InputError


@pytest.fixture(scope="module")
def study():
    return recompute_published()


def of(frame, **wanted):
    chosen = frame
    for name, value in wanted.items():
        chosen = chosen[chosen[name] == value]
    return chosen


def test_every_printed_figure_is_in_one_frame(study):
    frames = [study.rates, study.kappas, study.mcnemar, study.areas, study.delong]
    assert sum(map(len, frames)) == len(load_published())
    for frame in frames:
        assert {"table", "system", "target", "measure", "printed", "reproduced", "explanation"} <= set(frame)
    assert study.summary["printed"].sum() == len(load_published())


def test_what_does_not_follow_has_a_reason(study):
    wrong = [
        f[~f["reproduced"]] for f in (study.rates, study.kappas, study.mcnemar, study.areas, study.delong)
    ]
    assert [len(f) for f in wrong] == (study.summary["printed"] - study.summary["reproduced"]).tolist()
    assert any(map(len, wrong))
    assert all((f["explanation"] != "").all() for f in wrong)


def test_all_intervals_follow_from_the_counts_but_the_known_misprints(study):
    wrong = study.rates[~study.rates["reproduced"]]
    assert set(zip(wrong["table"], wrong["system"], wrong["target"], wrong["measure"], strict=True)) == {
        ("1", "Model A", "metastatic malignancy", "sensitivity"),  # 59.6 for 59.5
        ("2", "Reader consensus", "malignant", "sensitivity"),  # a cell of Table 1
        ("2", "Reader consensus", "malignant", "specificity"),  # a cell of Table 3
        ("3", "Model G", "other primary malignancy", "sensitivity"),  # 44. for 44.9
        ("4", "Model C", "all", "accuracy"),
        ("4", "Model D", "all", "accuracy"),
        ("4", "Model E", "all", "accuracy"),
        ("4", "Model F", "all", "accuracy"),
    }


def test_counts_are_the_only_ones_that_print_the_cell(study):
    from dls.analysis.published_checks import prints_as, prints_as_rounded_twice
    from dls.stats.proportions import clopper_pearson

    for row in study.rates.itertuples():
        fitting = [
            count
            for count in range(row.n + 1)
            if all(
                prints_as(100 * limit, text) or prints_as_rounded_twice(100 * limit, text)
                for limit, text in zip(
                    clopper_pearson(count, row.n), (row.printed_low, row.printed_high), strict=True
                )
            )
        ]
        known_slip = row.printed_low == "44.0"
        assert fitting == ([] if known_slip else [row.count]), row


def test_kappa_and_z_of_table_4(study):
    kappas = study.kappas.set_index(["system", "measure"])
    for system in ("Model A", "Model C", "Model D", "Model G", "Reader consensus"):
        assert kappas.loc[(system, "kappa"), "reproduced"], system
        assert kappas.loc[(system, "kappa z"), "reproduced"], system
    assert kappas.loc[("Model A", "kappa"), "recomputed"] == pytest.approx(0.744, abs=5e-4)
    assert kappas.loc[("Model A", "kappa z"), "recomputed"] == pytest.approx(22.9, abs=0.05)
    assert not kappas.loc[("Model B", "kappa"), "reproduced"]
    assert "144 correct" in kappas.loc[("Model B", "kappa"), "explanation"]
    readers = study.kappas[study.kappas["system"].str.match(r"Reader \d")]
    assert readers["recomputed"].isna().all()
    assert readers["explanation"].str.contains("would give kappa and z").all()


def test_accuracies_of_table_4_contradict_their_own_kappas(study):
    # kappa 0.861 and z 12.2 are those of 187 of 201 (Table 2), the accuracy is printed for 188
    row = of(study.rates, system="Model C", measure="accuracy").iloc[0]
    assert row["count"] == 188
    assert "187 of 201" in row["explanation"]


def test_discordant_pairs_of_the_printed_p_values(study):
    pairs = {
        (r.table, r.target, r.measure.split(", ")[1]): r.pairs
        for r in study.mcnemar.itertuples()
        if r.table in "13" and r.pairs
    }
    assert pairs["1", "cyst", "sensitivity"] == ((2, 4),)
    assert pairs["1", "hemangioma", "specificity"] == ((3, 7),)
    assert pairs["1", "FNH", "sensitivity"] == ((1, 0),)
    assert pairs["1", "FNH", "specificity"] == ((0, 8),)
    assert pairs["1", "HCC", "specificity"] == ((4, 9),)
    assert pairs["1", "metastatic malignancy", "sensitivity"] == ((1, 12),)
    assert pairs["1", "HCC", "sensitivity"] == tuple((k, k) for k in range(7))
    assert pairs["3", "HCC", "sensitivity"] == ((6, 2),)
    assert len(pairs) == 15


def test_p_values_that_no_pairs_give(study):
    none = study.mcnemar[~study.mcnemar["reproduced"] & (study.mcnemar["table"] != "2")]
    assert none[["target", "measure"]].apply(tuple, axis=1).tolist() == [
        ("other primary malignancy", "McNemar p, sensitivity"),
        ("other primary malignancy", "McNemar p, specificity"),
        ("HCC", "McNemar p, specificity"),
        ("metastatic malignancy", "McNemar p, specificity"),
        ("other primary malignancy", "McNemar p, specificity"),
    ]
    assert none["other"].tolist() == ["mid-p (2:3)", "", "", "", ""]


def test_the_consensus_of_table_2(study):
    rows = of(study.mcnemar, table="2").set_index(["system", "measure"])["needed"]
    c, d = "Model C vs Reader consensus", "Model D vs Reader consensus"
    assert rows[c, "McNemar p, sensitivity"] == (88, 94)
    assert rows[d, "McNemar p, sensitivity"] == (86, 94)
    assert rows[c, "McNemar p, specificity"] == (93,)
    assert rows[d, "McNemar p, specificity"] == (94, 98)
    assert 98 not in rows[c, "McNemar p, sensitivity"] + rows[d, "McNemar p, sensitivity"]  # the text's 98/99


def test_areas_and_delong(study):
    (area,) = study.areas[~study.areas["reproduced"]].itertuples()
    assert (area.system, area.printed) == ("Model D", "0.9416")
    assert area.midpoint == pytest.approx(0.9465)
    (p,) = study.delong[~study.delong["reproduced"]].itertuples()
    assert (p.system, p.target) == ("Model F vs Model G", "HCC")


def test_another_table_can_be_recomputed():
    frame = load_published()
    frame.loc[(frame["system"] == "Model A") & (frame["measure"] == "kappa"), "printed"] = "0.745"
    study = recompute_published(frame)
    assert not of(study.kappas, system="Model A", measure="kappa")["reproduced"].iloc[0]


def test_missing_or_altered_files_are_refused(tmp_path):
    with pytest.raises(InputError, match="missing"):
        load_published(tmp_path / "none.csv")
    pd.read_csv(PUBLISHED_TABLES, comment="#").drop(columns="note").to_csv(tmp_path / "x.csv", index=False)
    with pytest.raises(InputError, match="columns"):
        load_published(tmp_path / "x.csv")
