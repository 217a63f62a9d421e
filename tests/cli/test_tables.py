"""Tables of text: within the console's width, and never a number cut."""

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from neuropose_ray.analysis import ErrorBand
from neuropose_ray.cli.tables import NOT_KNOWN, TextTable, estimate, heading, number, print_table

CELLS = st.text("abcdefgh0123456789.%-°é", min_size=1, max_size=14)


def printed(table: TextTable, width: int) -> list[str]:
    text = io.StringIO()
    print_table(Console(file=text, width=width), table)
    return text.getvalue().splitlines()


@given(st.data(), st.integers(20, 120))
def test_every_cell_is_printed_whole_below_its_heading_and_beside_its_key(data, width):
    columns, count = data.draw(st.integers(1, 12)), data.draw(st.integers(1, 4))
    headings = tuple(f"h{column}" for column in range(columns))
    rows = tuple((f"row{place}", *data.draw(st.tuples(*[CELLS] * (columns - 1)))) for place in range(count))
    lines = printed(TextTable(headings, rows), width)
    assert all(len(line) <= max(width, len("row0") + 2 + 14) for line in lines)
    blocks = "\n".join(lines).split("\n\n")
    for place, row in enumerate(rows):
        shown = [block.splitlines()[1 + place].split() for block in blocks]
        assert all(words[0] == row[0] for words in shown)
        assert [cell for words in shown for cell in words[1:]] == list(row[1:])


@given(st.integers(1, 30), st.integers(30, 200))
def test_a_table_is_no_wider_than_the_console_where_its_columns_allow_it(columns, width):
    table = TextTable(("trial", *["12345.67"] * columns), (("trial", *["12345.67"] * columns),))
    lines = printed(table, width)
    assert all(len(line) <= width for line in lines)
    assert " ".join(lines).count("12345.67") == 2 * columns


def test_numbers_are_set_to_the_right_words_to_the_left_and_units_below():
    headings = ("joint", heading("peak velocity", "deg/s"), "side")
    assert printed(TextTable(headings, (("knee", "7", "left"), ("hip", "-100", ""))), 80) == [
        "           peak",
        "       velocity",
        "joint     deg/s  side",
        "knee          7  left",
        "hip        -100",
    ]


def test_markup_in_names_is_shown_as_it_is():
    assert printed(TextTable(("trial",), (("[red]x[/]",),)), 80)[-1] == "[red]x[/]"


def test_a_row_of_another_length_is_refused():
    with pytest.raises(ValueError, match="has not 2 cells"):
        TextTable(("a", "b"), (("a",),))


@given(st.floats(-1e6, 1e6), st.integers(0, 3))
def test_a_number_is_never_minus_nothing(value, decimals):
    text = number(value, decimals)
    assert abs(float(text) - value) <= 0.5 * 10**-decimals + 1e-9
    assert not (text.startswith("-") and float(text) == 0)


@pytest.mark.parametrize(("value", "decimals", "cell"), [(None, 1, NOT_KNOWN), (1.25, 1, "1.2"), (-0.3, 0, "0")])
def test_a_cell_is_a_number_or_says_that_there_is_none(value, decimals, cell):
    assert number(value, decimals) == cell


@pytest.mark.parametrize(
    ("band", "cell"),
    [
        (None, "131"),
        (ErrorBand(low=123, high=139, unit="deg"), "131 ±8"),
        (ErrorBand(low=120, high=134, unit="deg"), "131 (120 to 134)"),
        (ErrorBand(low=None, high=None, unit="deg"), "131"),
        (ErrorBand(low=None, high=None, unit="deg", reliable=False), "131?"),
        (ErrorBand(low=123, high=139, unit="deg", reliable=False), "131 ±8?"),
    ],
)
def test_an_estimate_says_how_far_off_it_may_be_and_whether_it_is_reliable(band, cell):
    assert estimate(131.2, 0, band) == cell
    assert estimate(None, 0, band) == NOT_KNOWN


def test_what_is_not_reliable_is_pale_on_a_terminal():
    text = io.StringIO()
    table = TextTable(("angle", "deg"), (("ankle", "12?"), ("knee", "60")))
    print_table(Console(file=text, width=80, force_terminal=True, color_system="standard"), table)
    ankle, knee = text.getvalue().splitlines()[1:]
    assert "\x1b[2m12?\x1b[0m" in ankle
    assert "\x1b[2m" not in knee
