import xml.etree.ElementTree as ElementTree

from hypothesis import given, settings
from hypothesis import strategies as st

from neuropose_ray.render.records import Column, Fact, Table
from neuropose_ray.report.page.markup import fact_list, sentences, tables

# What XML can hold at all.
TEXT = st.text(st.characters(exclude_categories=("Cc", "Cs", "Cn", "Co")), min_size=1)


@given(TEXT)
@settings(max_examples=50)
def test_text_is_shown_as_it_is(text: str):
    table = Table(text, (Column(text, text),), ((text,),))
    page = ElementTree.fromstring(f"<main>{fact_list([Fact(text, text)])}{sentences([text])}{tables([table])}</main>")
    assert (
        page.find(".//dd").text
        == page.find(".//li").text
        == page.find(".//td").text
        == page.find(".//h2").text
        == text
    )
    assert {node.tag for node in page.iter()} <= {
        "main", "dl", "div", "dt", "dd", "ul", "li", "section", "h2", "table", "thead", "tbody", "tr", "th", "td",
        "span",
    }  # fmt: skip


def test_bytes_of_a_file_name_that_are_no_text_do_no_harm():
    assert "\N{REPLACEMENT CHARACTER}.mp4" in fact_list(
        [Fact("Video", b"\xff.mp4".decode("utf-8", "surrogateescape"))]
    )


def test_numbers_have_their_decimals_and_unknown_ones_are_a_dash():
    table = Table(
        "Steps",
        (Column("Side"), Column("Length", "m", 2), Column("Angle", "deg")),
        (("left", -0.614, 12.34), ("right", None, float("nan"))),
        (1.5, None),
        "Lengths lie in the plane of the floor.",
    )
    rows = ElementTree.fromstring(tables([table])).findall(".//tbody/tr")
    assert [[cell.text for cell in row] for row in rows] == [
        ["left", "\N{MINUS SIGN}0.61", "12.3"],
        ["right", "\N{EN DASH}", "\N{EN DASH}"],
    ]


def test_rows_with_a_time_can_be_reached_by_the_keyboard():
    table = Table("Steps", (Column("Side"),), (("left",), ("right",), ("?",)), (1.5, None, float("nan")))
    rows = ElementTree.fromstring(tables([table])).findall(".//tbody/tr")
    assert [row.get("data-seek-s") for row in rows] == ["1.500000", None, None]
    assert [row.get("tabindex") for row in rows] == ["0", None, None]


def test_what_is_empty_is_left_out():
    assert fact_list([]) == sentences([]) == tables([]) == ""
