"""Height of a data frame on a page that shows all its rows."""

ROW_PIXELS, BORDER_PIXELS = 35, 3
"""Of Streamlit's data frame, in CSS pixels."""


def whole_height(rows: int) -> int:
    """Pixels in which so many rows and their heading stand without scrolling."""
    return ROW_PIXELS * (rows + 1) + BORDER_PIXELS
