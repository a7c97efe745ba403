from dls.errors import GeometryError, InputError


def test_message_says_what_was_expected_got_and_what_to_do() -> None:
    error = InputError("The file is short", expected="7 slices", got="6", remedy="copy it again")
    assert str(error) == "The file is short. Expected: 7 slices. Got: 6. Remedy: copy it again."


def test_parts_that_are_not_given_are_left_out() -> None:
    assert str(InputError("Not a DICOM file.")) == "Not a DICOM file."


def test_a_place_comes_before_the_message_and_the_rest_stays() -> None:
    error = GeometryError("A slice is missing", expected="7 slices", got="6", remedy="again", code="missing")
    there = error.at("Row 3")
    assert type(there) is GeometryError
    assert str(there) == "Row 3: A slice is missing. Expected: 7 slices. Got: 6. Remedy: again."
    assert there.code == "missing"
