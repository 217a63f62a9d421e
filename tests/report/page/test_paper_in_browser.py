"""What a printed report shows."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
from support.report_contents import SQUAT_FRAMES, squats
from support.report_pages import ReportPage

from neuropose_ray.render.records import Fact

BOTTOM = SQUAT_FRAMES // 2


@pytest.fixture
def printed(report: ReportPage) -> Iterator[ReportPage]:
    """The same report on paper, of a reader whose screen is dark."""
    report.show_charts()
    report.page.emulate_media(media="print", color_scheme="dark")
    report.run("dispatchEvent(new Event('beforeprint'))")
    yield report
    report.run("dispatchEvent(new Event('afterprint'))")
    report.page.emulate_media(media="screen", color_scheme="light")


@pytest.mark.slow
def test_paper_has_charts_and_tables_in_dark_ink_and_no_player(printed: ReportPage):
    assert printed.page.locator("#curve-chart .main-svg").first.is_visible()
    assert printed.page.locator("tbody tr").first.is_visible()
    for toolbar in ("#body", "#play", "#time", "#fold", "#raw", "#curve", ".modebar", ".cursor", "#transport"):
        assert not printed.page.locator(toolbar).first.is_visible(), toolbar
    assert printed.run("document.querySelector('#curve-chart .xtitle').style.fill") == "rgb(27, 36, 48)"
    printed.run("dispatchEvent(new Event('afterprint'))")
    assert printed.run("document.querySelector('#curve-chart .xtitle').style.fill") == "rgb(232, 237, 242)"


def test_on_paper_nothing_lies_over_anything_else(printed: ReportPage):
    overlaps = printed.run("""() => {
        const parts = "h1, h2, p, li, dl, table, .paper figure, .chart .main-svg:first-of-type, details";
        const shown = [...document.querySelectorAll(parts)].filter((part) => part.checkVisibility());
        const boxes = shown.map((part) => ({ part, box: part.getBoundingClientRect() }))
            .filter(({ box }) => box.width * box.height > 0);
        const found = [];
        boxes.forEach(({ part, box }, number) => boxes.slice(number + 1).forEach(({ part: other, box: beside }) => {
            if (part.contains(other) || other.contains(part)) return;
            const wide = Math.min(box.right, beside.right) - Math.max(box.left, beside.left);
            const high = Math.min(box.bottom, beside.bottom) - Math.max(box.top, beside.top);
            if (wide > 2 && high > 2) found.push([part.outerHTML.slice(0, 80), other.outerHTML.slice(0, 80)]);
        }));
        return { found, parts: boxes.length };
    }""")
    assert overlaps["found"] == []
    assert overlaps["parts"] > 15


def test_paper_has_the_picture_and_the_skeleton_of_the_moment_that_is_shown(report: ReportPage):
    report.seek(BOTTOM)
    report.run("dispatchEvent(new Event('beforeprint'))")
    captions = report.page.locator("#paper figcaption").all_text_contents()
    assert captions == [f"{what} at 1.00 s, frame 30" for what in ("Picture", "Skeleton, front", "Skeleton, right")]
    front = report.colours("#paper figure:nth-child(2) canvas")
    assert min(front[side]["count"] for side in ("left", "right", "middle")) > 100
    white = report.run("""() => {
        const canvas = document.querySelector("#paper canvas");
        const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
        const reds = data.filter((_, at) => at % 4 === 0);
        return reds.some((red) => red > 200) && reds.some((red) => red < 50);
    }""")
    assert white, "the picture of the video is blank"
    report.run("dispatchEvent(new Event('afterprint'))")
    assert report.page.locator("#paper *").count() == 0


@pytest.mark.slow
def test_what_is_folded_on_the_screen_is_read_on_paper_but_for_settings(opened):
    settings = Fact("Settings", '{\n  "cleaning": 1\n}', folded=True)
    report = opened(replace(squats(60), provenance=(settings,)))
    assert not report.page.get_by_text("One more.").is_visible()
    report.page.emulate_media(media="print")
    report.run("dispatchEvent(new Event('beforeprint'))")
    assert report.page.get_by_text("One more.").is_visible()
    assert not report.page.get_by_text('"cleaning": 1').is_visible()
    report.run("dispatchEvent(new Event('afterprint'))")
    report.page.emulate_media(media="screen")
    assert not report.page.get_by_text("One more.").is_visible()
