"""Cells of CSV files, whatever the names in them."""

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from neuropose_ray.schemas.csv_cells import csv_cells


@given(st.lists(st.text() | st.floats() | st.integers() | st.none()))
def test_no_cell_is_a_formula_and_none_loses_its_text(values):
    text = io.StringIO(newline="")
    cells = csv_cells(values)
    csv.writer(text).writerow(cells)
    text.getvalue().encode()
    for value, cell in zip(values, cells, strict=True):
        if not isinstance(value, str):
            assert cell is value
        else:
            assert cell.removeprefix("'") == value.removeprefix("'")
            assert len(cell) < 2 or cell[0] not in "=@\t\r"


@pytest.mark.parametrize("text", ["-", "-5", "+1.5e3", "walk", "left -> right", ""])
def test_what_no_spreadsheet_computes_stays_as_it_is(text):
    assert csv_cells([text]) == [text]


def test_a_name_that_is_not_utf_8_can_be_written():
    assert csv_cells([b"caf\xe9".decode("utf-8", "surrogateescape")]) == ["caf\N{REPLACEMENT CHARACTER}"]
