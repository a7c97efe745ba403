from tests.pages.conftest import OpenPage


def test_the_cases_of_an_address(open_page: OpenPage) -> None:
    page = open_page("cases", task="seven-way", where=["A:wrong", "consensus:right"])
    assert page.subheader[0].value == "2 of 12 cases"
    listed = page.dataframe[0].value
    assert listed["code"].tolist() == ["T-05", "T-09"]
    assert listed["Model A"].tolist() == ["cyst", "metastatic malignancy"]
    assert listed["Reader consensus"].tolist() == ["✓", "✓"]


def test_another_selection_becomes_the_address(open_page: OpenPage) -> None:
    page = open_page("cases")
    page.selectbox[3].select("first wrong").run()
    page.button[0].click().run()
    assert page.query_params["where"] == ["A:wrong"]
    assert page.subheader[0].value == "2 of 12 cases"


def test_a_dossier(open_page: OpenPage) -> None:
    page = open_page("cases", case="9")
    assert page.subheader[0].value == "T-09 · HCC"
    assert "simulated images" in page.caption[1].value
    readings = page.dataframe[0].value
    assert readings["class"].tolist() == ["HCC", "metastatic malignancy"]
    assert readings["simulated"].tolist() == ["simulated", "simulated"]
    clinical = page.dataframe[1].value.set_index("variable")["value"]
    assert clinical.iloc[0] == "59"
    assert "missing" in clinical.tolist()


def test_an_address_that_makes_no_sense_says_why(open_page: OpenPage) -> None:
    assert "no such case" in open_page("cases", case="99").error[0].value
    assert "names no case" in open_page("cases", case="x").error[0].value
    assert "cannot be read" in open_page("cases", where="A").error[0].value
