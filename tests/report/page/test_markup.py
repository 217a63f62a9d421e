import xml.etree.ElementTree as ElementTree

from hypothesis import given, settings
from hypothesis import strategies as st

from neuropose_ray.render.records import Column, Estimate, Fact, Table
from neuropose_ray.report.page.markup import by_person, fact_list, sentences, tables, warnings

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


def test_a_number_stands_with_its_band_and_the_reason_why_it_cannot_be_relied_on():
    cells = (Estimate(12.04, 10.0, 14.0), Estimate(-0.04), Estimate(None, unreliable="The foot <is> short."))
    table = Table("Ankle", tuple(Column(name, "deg") for name in "abc"), (cells,))
    section = ElementTree.fromstring(tables([table]))
    sure, zero, unsure = section.findall(".//tbody/tr/td")
    assert (sure.text, sure.find("span").text) == ("12.0", "10.0 to 14.0")
    assert (zero.text, zero.get("class")) == ("0.0", "number")
    assert (unsure.text, unsure.get("class")) == ("\N{EN DASH}", "number unreliable")
    assert unsure.get("title") == "Not reliable: The foot <is> short."
    notes = [note.text for note in section.findall("p")]
    assert notes[0].startswith("The true value lies in the range below a number")
    assert notes[1:] == ["Grey, not reliable: The foot <is> short."]


def test_warnings_are_folded_to_a_line_with_their_number_and_the_first_of_them():
    fold = ElementTree.fromstring(warnings(["A <b>.", "C."]))
    assert fold.get("open") is None
    assert "".join(fold.find("summary").itertext()) == "2 things to know before you use the numbersA <b>."
    assert [item.text for item in fold.iter("li")] == ["A <b>.", "C."]
    assert "1 thing to know" in warnings(["A."])
    assert warnings([]) == ""


def test_every_person_has_a_part_of_which_one_is_shown_without_a_script():
    page = ElementTree.fromstring(f"<main>{by_person(['<p>a</p>', '', '<p>c</p>'], 2)}</main>")
    assert [(part.get("data-person"), part.get("hidden")) for part in page] == [("0", ""), ("2", None)]


def test_what_is_long_is_shown_on_request():
    facts = ElementTree.fromstring(fact_list([Fact("Model", "a"), Fact("Settings", '{"a": 1}', folded=True)]))
    plain, folded = facts.findall(".//dd")
    assert (plain.text, folded.find("details/pre").text) == ("a", '{"a": 1}')
