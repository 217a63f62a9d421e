from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from support.report_contents import RATE_HZ, SQUAT_FRAMES, nothing, squats, unknown
from support.report_pages import ReportPage, write_numbered_video

from neuropose_ray.render.records import Fact, ReportContent
from neuropose_ray.report.page.page import write_report

FRAMES = 240
BOTTOM = SQUAT_FRAMES // 2
HOSTILE = "</script><img src=x onerror=\"document.title = 'taken'\">"
# How many pixels of the skeleton have each side's colour, and where their middle is.
_SIDES_SEEN = """() => {
  const { width, height } = document.getElementById("body");
  const context = new OffscreenCanvas(width, height).getContext("2d", { willReadFrequently: true });
  context.drawImage(document.getElementById("body"), 0, 0);
  const { data } = context.getImageData(0, 0, width, height);
  const sides = { left: { count: 0, x: 0 }, right: { count: 0, x: 0 } };
  for (let pixel = 0; pixel < width * height; pixel += 1) {
    const blueness = data[4 * pixel + 2] - data[4 * pixel];
    if (Math.abs(blueness) < 60) continue;
    const side = sides[blueness > 0 ? "left" : "right"];
    side.x = (side.x * side.count + (pixel % width)) / (side.count + 1);
    side.count += 1;
  }
  return sides;
}"""


@pytest.fixture(scope="module")
def report(chromium, tmp_path_factory) -> Iterator[ReportPage]:
    """Four squats with a video, charts and all."""
    folder = tmp_path_factory.mktemp("report")
    video = write_numbered_video(folder / "overlay.mp4", FRAMES, RATE_HZ)
    write_report(folder / "report.html", squats(FRAMES), video)
    page = ReportPage(chromium, folder / "report.html")
    page.until("document.getElementById('video').readyState === 4")
    page.show_charts()
    yield page
    page.close()


@pytest.fixture
def opened(chromium, tmp_path) -> Iterator[Callable[..., ReportPage]]:
    """Write and open a report."""
    pages = []

    def open_report(content: ReportContent, overlay: Path | None = None) -> ReportPage:
        write_report(tmp_path / "report.html", content, overlay)
        pages.append(ReportPage(chromium, tmp_path / "report.html"))
        return pages[-1]

    yield open_report
    for page in pages:
        page.close()


def cursor_time(report: ReportPage) -> float:
    """Where the line over the chart of curves stands on its axis."""
    return report.run("""() => {
        const chart = document.getElementById("curve-chart");
        const area = chart.querySelector(".nsewdrag").getBoundingClientRect();
        const line = chart.querySelector(".cursor").getBoundingClientRect();
        const [start, end] = chart.layout.xaxis.range;
        return start + ((line.left + line.width / 2 - area.left) / area.width) * (end - start);
    }""")


def strip_share(report: ReportPage) -> float:
    return report.run("""() => {
        const strip = document.querySelector(".strip").getBoundingClientRect();
        const line = document.querySelector(".strip .cursor").getBoundingClientRect();
        return (line.left + line.width / 2 - strip.left) / strip.width;
    }""")


def test_the_slider_moves_video_skeleton_and_cursors_together(report: ReportPage):
    report.seek(SQUAT_FRAMES)
    upright = report.skeleton
    for frame in (SQUAT_FRAMES + BOTTOM, 2 * SQUAT_FRAMES):
        report.seek(frame)
        assert report.shown_frame == frame
        assert cursor_time(report) == pytest.approx(frame / RATE_HZ, abs=0.02)
        assert strip_share(report) == pytest.approx(frame / (FRAMES - 1), abs=0.005)
        assert (report.skeleton == upright) == (frame == 2 * SQUAT_FRAMES)  # a squat later all is as it was


def test_a_click_on_the_third_row_goes_to_the_third_repetition_and_lights_its_row(report: ReportPage):
    report.page.locator("tbody tr").nth(2).click()
    report.settle()
    assert report.frame == report.shown_frame == 2 * SQUAT_FRAMES
    assert report.page.locator("tr[aria-current=true]").inner_text().split()[0] == "3"


def test_everything_can_be_done_by_the_keyboard(report: ReportPage):
    press = report.page.keyboard.press
    report.page.locator("tbody tr").nth(1).focus()
    press("Enter")
    assert report.frame == SQUAT_FRAMES
    for key, change in (("ArrowRight", 1), ("Shift+ArrowRight", 10), ("ArrowLeft", -1)):
        before = report.frame
        press(key)
        assert report.frame == before + change
    press("n")
    assert report.frame == 2 * SQUAT_FRAMES
    press("p")
    assert report.frame == SQUAT_FRAMES
    press("End")
    assert report.frame == FRAMES - 1
    report.page.locator("#time").focus()
    press("Home")
    assert report.frame == 0
    press("4")
    assert report.page.locator("#body-views button[aria-pressed=true]").inner_text() == "Right"
    press("1")


def test_the_space_bar_plays_and_stops_with_video_and_slider_at_the_same_frame(report: ReportPage):
    report.seek(0)
    report.page.keyboard.press("Space")
    report.until("Number(document.getElementById('time').value) > 5")
    assert report.page.locator("#play").inner_text() == "Pause"
    report.page.keyboard.press("Space")
    report.settle()
    assert report.run("document.getElementById('video').paused")
    assert report.shown_frame == report.frame


def test_a_click_into_the_curves_or_the_strips_goes_there(report: ReportPage):
    report.show_charts()
    area = report.page.locator("#curve-chart .nsewdrag").first.bounding_box()
    report.page.mouse.click(area["x"] + area["width"] / 4, area["y"] + 20)
    assert report.frame == pytest.approx((FRAMES - 1) / 4, abs=1)
    strip = report.page.locator(".strip").bounding_box()
    report.page.mouse.click(strip["x"] + strip["width"] / 2, strip["y"] + 5)
    assert report.frame == pytest.approx((FRAMES - 1) / 2, abs=1)


def test_every_view_shows_the_person_otherwise_and_dragging_turns_freely(report: ReportPage):
    report.seek(BOTTOM)
    pictures = []
    for button in report.page.locator("#body-views button").all():
        button.click()
        report.settle()
        pictures.append(report.skeleton)
    assert len(set(pictures)) == 5
    report.page.locator("#body").hover()
    report.page.mouse.down()
    report.page.mouse.move(700, 300)
    report.page.mouse.up()
    report.settle()
    assert report.page.locator("#body-views button[aria-pressed=true]").count() == 0
    assert report.skeleton not in pictures


def test_left_and_right_are_the_persons_own_in_every_view(report: ReportPage):
    report.seek(0)
    report.page.locator("#others").uncheck()
    seen = {}
    for view in ("Front", "Back", "Left", "Right"):
        report.page.locator("#body-views").get_by_text(view).click()
        report.settle()
        seen[view] = report.run(_SIDES_SEEN)
    report.page.locator("#others").check()
    assert seen["Front"]["left"]["x"] > seen["Front"]["right"]["x"] + 50
    assert seen["Back"]["left"]["x"] < seen["Back"]["right"]["x"] - 50
    assert seen["Left"]["left"]["count"] > 3 * seen["Left"]["right"]["count"]  # one leg hides the other
    assert seen["Right"]["right"]["count"] > 3 * seen["Right"]["left"]["count"]


def test_the_other_trial_follows_at_the_warped_time(report: ReportPage):
    report.page.locator("#comparison").scroll_into_view_if_needed()
    report.seek(BOTTOM)
    both = report.run("document.getElementById('pair').toDataURL()")
    report.seek(0)
    assert report.run("document.getElementById('pair').toDataURL()") != both
    assert report.page.locator(".comparison .cursor:not([hidden])").count() == 2


def test_one_frame_costs_some_strokes_and_no_change_of_any_chart(report: ReportPage):
    report.count_work()
    report.seek(BOTTOM + 1)
    work = report.run("window.work")
    assert work["changes"] == 0
    # Two strokes for each of 35 bones of four bodies, and one for the ground.
    assert 0 < work["strokes"] <= 2 * 35 * 4 + 1


def test_nothing_is_fetched_and_nothing_complains(report: ReportPage):
    assert [url for url in report.requests if not url.startswith(("file:", "blob:"))] == []
    assert len([url for url in report.requests if url.startswith("file:")]) == 1
    assert report.complaints == []


@pytest.mark.parametrize("content", [nothing(0), nothing(1), unknown(1)], ids=["no frames", "nobody", "one frame"])
def test_a_page_with_nothing_to_show_works(opened, content):
    report = opened(content)
    report.page.keyboard.press("End")
    report.page.keyboard.press("Space")
    assert report.page.locator("#charts").is_visible() == bool(content.curves)
    assert report.complaints == []


def test_a_video_that_the_browser_cannot_play_stops_nothing_else(opened, tmp_path):
    (tmp_path / "overlay.mp4").write_bytes(b"no video")
    report = opened(squats(60), tmp_path / "overlay.mp4")
    report.until("document.getElementById('video-message').textContent.startsWith('This browser cannot')")
    report.page.keyboard.press("Space")
    report.until("Number(document.getElementById('time').value) > 2")


def test_paper_has_charts_and_tables_in_dark_ink_and_no_player(report: ReportPage):
    report.page.emulate_media(media="print", color_scheme="dark")
    report.run("dispatchEvent(new Event('beforeprint'))")
    assert report.page.locator("#curve-chart .main-svg").first.is_visible()
    assert report.page.locator("tbody tr").first.is_visible()
    assert not report.page.locator("#body").is_visible()
    assert not report.page.locator("#play").is_visible()
    assert report.run("document.querySelector('#curve-chart .xtitle').style.fill") == "rgb(27, 36, 48)"
    report.run("dispatchEvent(new Event('afterprint'))")
    assert report.run("document.querySelector('#curve-chart .xtitle').style.fill") == "rgb(232, 237, 242)"
    report.page.emulate_media(media="screen", color_scheme="light")


def test_names_are_shown_and_never_run_and_without_a_single_number_charts_are_empty(opened):
    content = unknown(50)
    curves = tuple(replace(curve, label=HOSTILE, unit=HOSTILE, definition=HOSTILE) for curve in content.curves)
    report = opened(replace(content, title=HOSTILE, facts=(Fact(HOSTILE, HOSTILE),), curves=curves))
    report.run("dispatchEvent(new Event('beforeprint'))")  # whoever prints before looking has charts, too
    assert HOSTILE in report.page.locator("#curve-chart .ytitle").text_content()
    assert report.page.title() == HOSTILE
    assert report.page.locator("img").count() == 0
    assert report.complaints == []
