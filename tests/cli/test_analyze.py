import json
from pathlib import Path

import pytest

from dls.cli import main

DATA = Path(__file__).parents[2] / "data" / "golden"
ASAH = [str(DATA / "asah.csv"), "--truth", "outcome", "--positive", "Poor"]
VANDYKE = str(DATA / "vandyke.csv")
THREE = [part for score in ("s100b", "ndka", "wfns") for part in ("--score", score)]


@pytest.fixture
def analyze(capsys):
    """Run an analysis: its JSON."""

    def run(*arguments):
        assert main(["analyze", *map(str, arguments), "--json"]) == 0
        captured = capsys.readouterr()
        assert captured.err == ""
        return json.loads(captured.out)

    return run


@pytest.fixture
def refused(capsys):
    """Run an analysis that must fail: its message."""

    def run(*arguments):
        assert main(["analyze", *map(str, arguments)]) == 2
        captured = capsys.readouterr()
        assert captured.out == ""
        assert captured.err.startswith("error: ")
        return captured.err

    return run


@pytest.fixture
def table(tmp_path):
    def written(text):
        path = tmp_path / "table.csv"
        path.write_text(text)
        return path

    return written


def test_roc(analyze):
    result = analyze("roc", *ASAH, *THREE)
    assert (result["n_positive"], result["n_negative"], result["n_missing"]) == (41, 72, 0)
    s100b = result["curves"][0]
    assert s100b["name"] == "s100b"
    assert s100b["auc"] == pytest.approx(0.731368563685637, abs=1e-14)
    assert s100b["variance"] == pytest.approx(0.00266868245717244, abs=1e-16)
    assert s100b["ci"] == pytest.approx([0.630118211761623, 0.832618915609651], abs=1e-13)
    first = result["comparisons"][0]
    assert (first["a"], first["b"]) == ("s100b", "ndka")
    assert first["z"] == pytest.approx(1.39077002573558, abs=1e-12)
    assert first["p"] == pytest.approx(0.164295175223054, abs=1e-12)
    assert first["p_holm"] == first["p"]
    assert result["overall"] == pytest.approx(
        {"chi2": 12.5127282824, "df": 2, "p": 0.00191820746461}, abs=1e-9
    )
    assert {"method", "variant", "source"} <= result.keys()


def test_roc_of_a_range_of_specificities(analyze, refused, capsys):
    """The area from specificity 0.9 on: pROC 1.18.0 on its aSAH data, as in data/golden/expected.csv."""
    whole = analyze("roc", *ASAH, *THREE)
    assert "partial" not in whole
    result = analyze("roc", *ASAH, *THREE, "--specificity", "0.9", "1")
    part = result.pop("partial")
    assert result == whole
    assert (part["focus"], part["range"]) == ("specificity", [0.9, 1.0])
    assert part["curves"][0]["area"] == pytest.approx(0.0327574525745257, abs=1e-12)
    assert [c["name"] for c in part["curves"]] == ["s100b", "ndka", "wfns"]
    pairs = {(c["a"], c["b"]): c for c in part["comparisons"]}
    assert list(pairs) == [("s100b", "ndka"), ("s100b", "wfns"), ("ndka", "wfns")]
    areas = {c["name"]: c["area"] for c in part["curves"]}
    for (a, b), test in pairs.items():
        assert test["difference"] == pytest.approx(areas[a] - areas[b])
        assert test["ci"][0] <= test["difference"] <= test["ci"][1]
    everything = analyze("roc", *ASAH, *THREE, "--specificity", "0", "1")["partial"]["curves"]
    assert [c["area"] for c in everything] == pytest.approx([c["auc"] for c in whole["curves"]])
    assert main(["analyze", "roc", *ASAH, *THREE, "--specificity", "0.9", "1"]) == 0
    assert "Specificity from 0.9 to 1:\n  s100b: partial area 0.0328" in capsys.readouterr().out
    assert "0 <= low < high <= 1" in refused("roc", *ASAH, *THREE, "--specificity", "1", "0.9")


def test_roc_direction_and_level(analyze):
    lower = analyze("roc", *ASAH, "--score", "wfns", "--direction", "lower", "--confidence-level", "0.9")
    assert lower["curves"][0]["auc"] == pytest.approx(1 - 0.823678861788618)
    assert lower["confidence_level"] == 0.9
    assert lower["comparisons"] == []


def test_roc_missing_scores(analyze, refused, table):
    path = table("t,a,b\n1,3,1\n1,2,2\n1,,9\n0,1,1\n0,2,0\n")
    arguments = ["roc", path, "--truth", "t", "--positive", "1", "--score", "a", "--score", "b"]
    assert "1 of 5 rows with an empty cell" in refused(*arguments)
    result = analyze(*arguments, "--missing", "exclude")
    assert (result["n_missing"], result["n_positive"]) == (1, 2)


def test_perfect_separation_is_said(analyze, table):
    path = table("t,a\n1,5\n1,4\n0,3\n0,2\n0,1\n")
    (curve,) = analyze("roc", path, "--truth", "t", "--positive", "1", "--score", "a")["curves"]
    assert curve["degenerate"]
    assert "Newcombe" in curve["method"]
    assert curve["ci"][0] < curve["ci"][1] == 1


def test_mrmc(analyze):
    result = analyze("mrmc", VANDYKE)
    assert len(result["auc"]) == 10
    assert result["auc"][0] == {"reader": "1", "modality": "1", "auc": pytest.approx(0.91964573, abs=5e-9)}
    assert result["covariance"] == "jackknife"
    analysis = result["analyses"]["RRRC"]
    assert analysis["statistic"] == pytest.approx(4.45631869315726, abs=1e-9)
    assert analysis["df2"] == pytest.approx(15.2596745891416, abs=1e-9)
    (difference,) = analysis["differences"]
    assert difference["difference"] == pytest.approx(-0.0438003220611916, abs=1e-12)
    assert difference["p"] == pytest.approx(0.0516656858192944, abs=1e-9)
    assert result["analyses"]["FRRC"]["df2"] is None
    assert result["components"]["cov1"] == pytest.approx(0.000346613709440729, abs=1e-12)


def test_mrmc_with_delong_covariance_and_named_columns(analyze, table):
    text = Path(VANDYKE).read_text().replace("reader,treatment,case,truth,rating", "r,m,c,t,score", 1)
    columns = ["--reader", "r", "--modality", "m", "--case", "c", "--truth", "t", "--rating", "score"]
    result = analyze("mrmc", table(text), *columns, "--covariance", "delong")
    assert result["analyses"]["RRRC"]["p"] == pytest.approx(0.0512330308248101, abs=1e-9)


def test_mrmc_incomplete(analyze, refused, table):
    lines = Path(VANDYKE).read_text().splitlines()
    path = table("\n".join(lines[:5] + lines[6:]))
    assert "not fully crossed" in refused("mrmc", path)
    assert analyze("mrmc", path, "--incomplete", "exclude")["n_excluded_cases"] == 1


def test_a_case_without_any_rating_is_counted(analyze, refused, table):
    rows = [line.split(",") for line in Path(VANDYKE).read_text().splitlines()]
    path = table("\n".join(",".join([*r[:4], "" if r[2] == "7" else r[4]]) for r in rows))
    assert "1 cases incomplete" in refused("mrmc", path)
    assert analyze("mrmc", path, "--incomplete", "exclude")["n_excluded_cases"] == 1


def test_mrmc_direction(analyze):
    result = analyze("mrmc", VANDYKE, "--positive", "0", "--direction", "lower")
    assert result["n_positive"] == 69
    assert result["analyses"]["RRRC"]["p"] == pytest.approx(0.0516656858192944, abs=1e-9)


def test_standalone(analyze, refused):
    result = analyze("standalone", VANDYKE, "--model", "4", "--select", "1")
    assert result["model_auc"] == pytest.approx(0.97310789, abs=5e-9)
    assert result["reader_mean_auc"] == pytest.approx((0.91964573 + 0.85877617 + 0.90386473 + 0.82979066) / 4)
    assert result["difference"] == pytest.approx(result["reader_mean_auc"] - result["model_auc"])
    assert {"t", "df", "p", "ci"} <= result["analyses"]["RRRC"].keys()
    assert result["analyses"]["RRFC"]["df"] == 3
    assert "'1', '2'" in refused("standalone", VANDYKE, "--model", "4")
    assert "one of the readers" in refused("standalone", VANDYKE, "--model", "Model A", "--select", "1")
    assert "no row" in refused("standalone", VANDYKE, "--model", "4", "--select", "3")


def test_standalone_without_a_modality_column(analyze, table):
    text = "reader,case,truth,rating\n" + "".join(
        f"{reader},{case},{case % 2},{rating}\n"
        for reader, ratings in {
            "net": [1, 3, 2, 5, 4, 6],
            "ann": [2, 1, 3, 4, 1, 4],
            "bob": [1, 5, 4, 3, 2, 6],
        }.items()
        for case, rating in enumerate(ratings)
    )
    result = analyze("standalone", table(text), "--model", "net")
    assert [reader["reader"] for reader in result["readers"]] == ["ann", "bob"]


def test_agreement_leaves_the_subject_column_alone(analyze, table):
    rows = [(1, 1, 1, 2), (2, 1, 1, 1), (3, 2, 2, 2), (4, 3, 2, 3), (5, 3, 3, ""), (6, 2, 2, 2)]
    text = "patient,r1,r2,r3\n" + "".join(",".join(map(str, row)) + "\n" for row in rows)
    result = analyze("agreement", table(text))
    assert (result["n_subjects"], result["n_missing"]) == (6, 1)
    assert result["ignored_columns"] == ["patient"]
    assert result["categories"] == [1, 2, 3]
    assert [(pair["a"], pair["b"]) for pair in result["pairwise"]] == [
        ("r1", "r2"),
        ("r1", "r3"),
        ("r2", "r3"),
    ]
    # r1 and r2 agree on 5 of 6; by chance 2/6*2/6 + 2/6*3/6 + 2/6*1/6 = 1/3
    assert result["pairwise"][0]["kappa"] == pytest.approx((5 / 6 - 1 / 3) / (1 - 1 / 3))
    assert {"kappa", "se", "ci", "z", "p"} <= result["fleiss"].keys()
    assert {"ac1", "se"} <= result["gwet_ac1"].keys()
    assert "kappa" in result["conger"]
    weighted = analyze("agreement", table(text), "--weights", "quadratic")
    assert weighted["pairwise"][0]["kappa"] > result["pairwise"][0]["kappa"]


def test_agreement_raters_and_categories_can_be_named(analyze, table):
    path = table("x,y,note\nlow,low,a\nmid,high,b\nhigh,high,c\nlow,mid,d\n")
    ordered = [part for value in ("low", "mid", "high") for part in ("--category", value)]
    result = analyze("agreement", path, "--rater", "x", "--rater", "y", *ordered, "--weights", "linear")
    assert result["categories"] == ["low", "mid", "high"]
    assert "linear weights over low, mid, high in this order" in result["variant"]
    unnamed = analyze("agreement", path, "--rater", "x", "--rater", "y", "--weights", "linear")
    assert "over high, low, mid in this order" in unnamed["variant"]  # sorted, which may not be meant
    # linear weights 1, 1/2, 0: observed 3/4; rows 2/4, 1/4, 1/4 and columns 1/4, 1/4, 2/4: expected 1/2
    assert result["pairwise"][0]["kappa"] == pytest.approx((0.75 - 0.5) / (1 - 0.5))


def test_numbers_can_be_named_as_categories(analyze, refused, table):
    path = table("a,b\n1,1.0\n2,2\n1,2\n3,3\n")
    named = [part for value in (3, 2, 1, 4) for part in ("--category", value)]
    result = analyze("agreement", path, *named)
    assert result["categories"] == [3, 2, 1, 4]
    assert result["pairwise"][0]["kappa"] == analyze("agreement", path)["pairwise"][0]["kappa"]
    assert "not one of the categories" in refused("agreement", path, *named[:4])
    assert "not one of the categories" in refused("agreement", path, *named[:4], "--category", "none")


def test_one_undefined_pair_does_not_hide_the_others(analyze, table):
    result = analyze("agreement", table("a,b,c\n1,1,1\n1,1,2\n1,1,1\n1,1,2\n"))
    assert result["pairwise"][0]["kappa"] is None
    assert "not defined" in result["pairwise"][0]["undefined"]
    assert result["pairwise"][1]["kappa"] == 0
    assert result["light"]["kappa"] is None
    assert result["fleiss"]["kappa"] is not None


def test_paired(analyze, table):
    calls = [(1, 1, 0)] * 5 + [(1, 0, 1)] + [(1, 1, 1)] * 4 + [(0, 0, 1)] * 3 + [(0, 0, 0)] * 7 + [(0, "", 1)]
    path = table("truth,a,b\n" + "".join(f"{t},{a},{b}\n" for t, a, b in calls))
    result = analyze("paired", path, "--truth", "truth", "--a", "a", "--b", "b")
    sensitivity, specificity = result["sensitivity"], result["specificity"]
    assert (sensitivity["a"], sensitivity["b"], sensitivity["discordant"]) == (0.9, 0.5, [5, 1])
    assert sensitivity["p_exact"] == pytest.approx(14 / 64)  # 2 (1 + 6) / 2^6
    assert sensitivity["p_mid"] == pytest.approx(8 / 64)
    assert (specificity["a"], specificity["b"], specificity["discordant"]) == (1.0, 0.7, [3, 0])
    assert specificity["p_exact"] == 0.25
    assert specificity["ci_a"] == pytest.approx([0.025 ** (1 / 10), 1])
    assert result["n_missing"] == 1


def test_paired_calls_must_be_binary(refused, table):
    columns = ["--truth", "truth", "--a", "a", "--b", "b"]
    assert "'0', '1', '2'" in refused("paired", table("truth,a,b\n1,1,2\n0,0,0\n"), *columns)
    assert "'b', 'c', 'm'" in refused(
        "paired", table("truth,a,b\nm,m,c\nb,b,b\n"), *columns, "--positive", "m"
    )


@pytest.mark.parametrize("calls", ["1.0,0.0 0.0,1.0 ,1.0 0.0,0.0", "True,False False,True ,TRUE false,False"])
def test_one_call_may_be_written_in_several_ways(analyze, table, calls):
    """A column with a gap is saved as 1.0 and 0.0 beside a truth of 1 and 0."""
    text = "truth,a,b\n" + "".join(f"{1 - k % 2},{row}\n" for k, row in enumerate(calls.split(" ")))
    result = analyze("paired", table(text), "--truth", "truth", "--a", "a", "--b", "b")
    assert (result["sensitivity"]["discordant"], result["specificity"]["discordant"]) == ([1, 0], [1, 0])
    assert result["n_missing"] == 1


def test_power(analyze, refused):
    effect = ["--effect", 0.0438003220611916]
    result = analyze("power", VANDYKE, *effect, "--n-readers", 3, "--n-readers", 6)
    assert [study["n_cases"] for study in result["studies"]] == [None, 251]
    fixed = analyze(
        "power", VANDYKE, *effect, "--n-readers", 10, "--generalise", "RRFC", "--desired-power", 0.8
    )
    assert fixed["studies"][0]["n_cases"] == 53
    assert len(analyze("power", VANDYKE, *effect)["studies"]) == 18
    # few readers: more cases than a middling number would leave fewer degrees of freedom
    assert analyze("power", VANDYKE, "--effect", 0.2, "--n-readers", 2)["studies"][0]["n_cases"] == 51
    assert "effect" in refused("power", VANDYKE, "--effect", 0)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["roc", *ASAH, "--score", "s100"], "lacks the column s100"),
        (["roc", *ASAH, "--score", "gender"], "'Female', 'Male'"),
        (["roc", *ASAH, "--score", "ndka", "--score", "ndka"], "named twice"),
        (["roc", *ASAH, "--score", "ndka", "--confidence-level", "95"], "95"),
        (["roc", ASAH[0], "--truth", "outcome", "--positive", "Bad", "--score", "ndka"], "'Good', 'Poor'"),
        (["roc", "nowhere.csv", *ASAH[1:], "--score", "ndka"], "nowhere.csv"),
        (["mrmc", ASAH[0]], "modality or treatment"),
        (["mrmc", VANDYKE, "--rating", "score"], "lacks the column score"),
        (["agreement", ASAH[0], "--rater", "wfns"], "two raters"),
    ],
)
def test_bad_input_is_named_on_standard_error(refused, arguments, said):
    message = refused(*arguments)
    assert said in message
    assert "Expected" in message or "expected" in message
    assert "Got" in message or "got" in message


def test_missing_options_exit_with_two(capsys):
    with pytest.raises(SystemExit) as stop:
        main(["analyze", "roc", ASAH[0], "--score", "ndka"])
    assert stop.value.code == 2
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["roc", *ASAH, *THREE], "All equal: chi-square 12.513 on 2"),
        (["mrmc", VANDYKE], "RRRC (random readers, random cases): F 4.4563 on 1, 15.26, p 0.05167"),
        (["standalone", VANDYKE, "--model", "4", "--select", "1"], "mean of readers: AUC 0.8780"),
        (["agreement", VANDYKE, "--rater", "truth", "--rater", "reader"], "truth, reader: kappa"),
        (["power", VANDYKE, "--effect", "0.0438003220611916", "--n-readers", "6"], "6 readers: 251 cases"),
        (["paired", VANDYKE, "--truth", "truth", "--a", "truth", "--b", "truth"], "only a 0, only b 0"),
    ],
)
def test_text_for_a_terminal(capsys, arguments, said):
    assert main(["analyze", *arguments]) == 0
    printed = capsys.readouterr().out
    assert said in printed
    assert "Source: " in printed


@pytest.mark.parametrize("analysis", ["roc", "mrmc", "standalone", "agreement", "paired", "power"])
def test_help(capsys, analysis):
    with pytest.raises(SystemExit) as stop:
        main(["analyze", analysis, "--help"])
    assert stop.value.code == 0
    assert "--json" in capsys.readouterr().out
