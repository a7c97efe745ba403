import numpy as np
import pytest

from dls.cli.csv_table import categories, equals, need_columns, numbers, read_table, truths
from dls.errors import InputError


@pytest.fixture
def write(tmp_path):
    def written(text, encoding="utf-8"):
        path = tmp_path / "table.csv"
        path.write_bytes(text.encode(encoding))
        return path

    return written


def test_cells_are_text_and_stripped(write):
    table = read_table(write('\ufeffcase, score ,"note, long"\n01, 1.50,"a,b"\n\n02,NA,\n'))
    assert list(table.columns) == ["case", "score", "note, long"]
    assert table.to_numpy().tolist() == [["01", "1.50", "a,b"], ["02", "", ""]]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "no rows.*which is empty"),
        ("a,b\n", "no rows.*columns a, b"),
        ("a,b\n1,2\n3\n", "as many cells.*line 3"),
        ("a,b\n1,2,3\n", "as many cells.*line 2"),
        ("a,a\n1,2\n", "same name"),
        ('a,b\n"1,2\n', "not a CSV"),
    ],
)
def test_malformed_tables_are_named(write, text, message):
    with pytest.raises(InputError, match=message):
        read_table(write(text))


def test_other_encodings_folders_and_missing_files(write, tmp_path):
    with pytest.raises(InputError, match="UTF-8"):
        read_table(write("größe\n1\n", "latin-1"))
    with pytest.raises(InputError, match="cannot be read"):
        read_table(tmp_path)
    with pytest.raises(InputError, match="cannot be read"):
        read_table(tmp_path / "none.csv")


def test_missing_columns_are_listed_with_those_found(write):
    table = read_table(write("a,b\n1,2\n"))
    need_columns(table, ["a", "b"])
    with pytest.raises(InputError, match=r"lacks the columns c, d.*Got: columns a, b"):
        need_columns(table, ["a", "c", "d"])


def test_numbers_are_empty_or_finite(write):
    table = read_table(write("x,y,z\n1.5,2,1\n,abc,inf\n"))
    np.testing.assert_array_equal(numbers(table, "x"), [1.5, np.nan])
    for column, cell in (("y", "'abc'"), ("z", "'inf'")):
        with pytest.raises(InputError, match=cell):
            numbers(table, column)


def test_values_are_equal_as_text_or_as_numbers(write):
    table = read_table(write("x\n1\n1.0\none\n\n"))
    assert equals(table["x"], "1").tolist() == [True, True, False]
    assert equals(table["x"], "one").tolist() == [False, False, True]
    words = read_table(write("x\nTrue\nFALSE\n1\nmaybe\n"))["x"]
    assert equals(words, "1").tolist() == [True, False, True, False]
    assert equals(words, "false").tolist() == [False, True, False, False]


def test_truth_needs_two_values_and_no_gap(write):
    table = read_table(write("t,gap,same\nHCC,1,1\ncyst,,1\n"))
    assert truths(table, "t", "HCC").tolist() == [True, False]
    with pytest.raises(InputError, match=r"Got: values 'HCC', 'cyst'"):
        truths(table, "t", "FNH")
    with pytest.raises(InputError, match="1 empty of 2"):
        truths(table, "gap", "1")
    with pytest.raises(InputError, match="two classes"):
        truths(table, "same", "1")


def test_categories_are_numbers_only_where_all_are(write):
    table = read_table(write("a,b,c\n1,2,x\n10,,3\n"))
    assert categories(table, ["a", "b"]).to_numpy().tolist() == [[1, 2], [10, None]]
    assert categories(table, ["c"]).to_numpy().tolist() == [["x"], ["3"]]
