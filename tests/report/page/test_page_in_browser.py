from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support.report_contents import RATE_HZ, SQUAT_FRAMES, nothing, squats, unknown
from support.report_pages import ReportPage, write_numbered_video

from neuropose_ray.render.records import Fact, Quality, QualityStrip, ReportContent
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

    def open_report(content: ReportContent, overlay: Path | None = None, **window: Any) -> ReportPage:
        write_report(tmp_path / "report.html", content, overlay)
        pages.append(ReportPage(chromium, tmp_path / "report.html", **window))
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
    # Two strokes for each of 35 bones and a neck, one for head and nose each, of four bodies; and one for the ground.
    assert 0 < work["strokes"] <= (2 * 36 + 2) * 4 + 1


def test_nothing_is_fetched_and_nothing_complains(report: ReportPage):
    assert [url for url in report.requests if not url.startswith(("file:", "blob:"))] == []
    assert len([url for url in report.requests if url.startswith("file:")]) == 1
    assert report.complaints == []


@pytest.mark.parametrize("content", [nothing(0), nothing(1), unknown(1)], ids=["no frames", "nobody", "one frame"])
def test_a_page_with_nothing_to_show_works(opened, content):
    report = opened(content)
    report.page.keyboard.press("End")
    report.page.keyboard.press("Space")
    assert report.page.locator("#charts").is_visible() == bool(content.main and content.main.curves)
    assert report.complaints == []


def test_a_video_that_the_browser_cannot_play_stops_nothing_else(opened, tmp_path):
    (tmp_path / "overlay.mp4").write_bytes(b"no video")
    report = opened(squats(60), tmp_path / "overlay.mp4")
    report.until("document.getElementById('video-message').textContent.startsWith('This browser cannot')")
    report.page.keyboard.press("Space")
    report.until("Number(document.getElementById('time').value) > 2")


@pytest.fixture
def printed(report: ReportPage) -> Iterator[ReportPage]:
    """The same report on paper, of a reader whose screen is dark."""
    report.show_charts()
    report.page.emulate_media(media="print", color_scheme="dark")
    report.run("dispatchEvent(new Event('beforeprint'))")
    yield report
    report.run("dispatchEvent(new Event('afterprint'))")
    report.page.emulate_media(media="screen", color_scheme="light")


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


def test_a_laptop_shows_the_whole_person_at_the_start(opened, tmp_path):
    video = write_numbered_video(tmp_path / "overlay.mp4", 60, RATE_HZ)
    many = tuple(f"Warning number {number} is long enough to need a line of its own." for number in range(12))
    content = squats(60)
    facts = tuple(Fact(f"Label {number}", "some value") for number in range(9))
    people = (replace(content.people[0], warnings=many), content.people[1])
    report = opened(replace(content, facts=facts, people=people), video, size=(1366, 657))
    transport = report.box("#transport")
    for pane in ("#body", "#video"):
        box = report.box(pane)
        assert box["top"] >= 0
        assert box["bottom"] <= transport["top"]
        assert box["bottom"] - box["top"] > 0.45 * 657, "little is left of the person"
    person = report.colours("#body")
    assert person["right"]["bottom"] - person["middle"]["top"] > 0.35 * 657
    assert report.box(".warnings")["bottom"] - report.box(".warnings")["top"] < 45
    assert transport["bottom"] - transport["top"] < 0.2 * 657


@pytest.mark.parametrize("size", [(390, 844), (360, 640), (820, 1180)])
def test_a_phone_shows_the_person_and_never_scrolls_sideways(opened, tmp_path, size):
    video = write_numbered_video(tmp_path / "overlay.mp4", 60, RATE_HZ)
    report = opened(squats(60), video, size=size, is_mobile=True, has_touch=True)
    assert report.run("document.documentElement.scrollWidth") <= size[0]
    first = report.box("#video")
    assert first["top"] >= 0
    assert first["bottom"] <= report.box("#transport")["top"]
    assert first["bottom"] - first["top"] > 0.25 * size[1]
    assert report.box("#transport")["bottom"] - report.box("#transport")["top"] < 0.25 * size[1]


def test_warnings_are_one_line_that_says_how_many_there_are_and_opens(opened):
    report = opened(squats(60))
    (line,) = report.page.locator(".warnings summary:visible").all()
    assert "2 things to know before you use the numbers" in line.inner_text()
    assert not report.page.get_by_text("One more.").is_visible()
    line.click()
    assert report.page.get_by_text("One more.").is_visible()


def test_the_strips_are_one_until_all_are_asked_for(opened):
    report = opened(squats(120))

    def labels() -> list[str]:
        return report.page.locator("#timeline .strip-label:visible").all_inner_texts()

    assert labels() == ["Time", "Marks", "Doubtful"]
    folded = report.box("#transport")
    assert report.colours("#timeline canvas")["doubt"]["count"] > 0, "the gap is doubtful in the one strip as well"
    report.page.locator("#fold").click()
    assert labels() == ["Time", "Marks", "Confidence", "Gaps"]
    assert report.box("#transport")["top"] < folded["top"]
    report.page.locator("#fold").click()
    assert labels() == ["Time", "Marks", "Doubtful"]


@pytest.mark.parametrize(("change", "is_alarm"), [(0.05, False), (0.14, False), (0.2, True)])
def test_limbs_that_change_by_a_twentieth_are_no_alarm(opened, change, is_alarm):
    limbs = QualityStrip("Limb lengths", np.full(60, change), good=False, doubt=0.15, full=0.25, unit="%")
    content = squats(60)
    person = replace(content.people[0], quality=Quality((limbs,)), bands=())
    report = opened(replace(content, people=(person,)))
    seen = report.colours("#timeline canvas")
    assert (seen["doubt"]["count"] > 0) == is_alarm
    assert (seen["good"]["count"] > 0) != is_alarm


def test_another_person_has_other_curves_tables_marks_strips_and_warnings(opened):
    report = opened(squats(120))
    report.show_charts()
    page = report.page
    assert page.locator("#person option").all_inner_texts() == ["id 1, seen in 100 %", "id 2, seen in 100 %"]
    assert page.locator("#curve option").all_inner_texts() == ["Knee flexion", "Hip flexion"]
    page.locator("#curve").select_option(label="Hip flexion")
    page.locator("#person").select_option(index=1)
    assert page.locator("#curve option").all_inner_texts() == ["Elbow flexion"]
    assert page.locator("#curve-chart .ytitle").text_content() == "Elbow flexion (°)"
    assert page.locator("#cycle-chart").is_hidden()
    headings = page.locator("h2:visible").all_inner_texts()
    assert headings[:4] == ["Curves", "Elbow", "Quality", "id 1 compared with other trial"]
    assert headings[4:] == ["How this was made", "How to cite"]
    assert page.locator(".head").inner_text().count("50 % of the frames") == 1
    assert "100 % of the frames" not in page.locator(".head").inner_text()
    assert page.locator(".warnings summary:visible").inner_text().count("The arm is hidden.") == 1
    assert page.locator("#timeline .strip-label:visible").all_inner_texts() == ["Time", "Confidence"]
    assert page.locator("#next").is_hidden()
    page.locator("#person").select_option(index=0)
    assert page.locator("#curve option").all_inner_texts() == ["Knee flexion", "Hip flexion"]
    assert page.locator("#cycle-chart").is_visible()
    assert page.locator("#next").is_visible()
    assert page.locator("h2:visible").all_inner_texts()[1] == "Repetitions"
    assert report.complaints == []


def test_a_number_has_its_error_band_and_is_grey_where_it_cannot_be_relied_on(opened):
    report = opened(squats(60))
    report.page.locator("#person").select_option(index=1)
    sure, unsure = report.page.locator("td.number:visible").all()
    assert sure.inner_text().split("\n") == ["40.0", "31.0 to 49.0"]
    assert unsure.get_attribute("title") == "Not reliable: The arm is hidden."
    colours = [cell.evaluate("(cell) => getComputedStyle(cell).color") for cell in (sure, unsure)]
    assert colours[0] != colours[1]
    assert report.page.get_by_text("Grey, not reliable: The arm is hidden.").is_visible()


def test_settings_are_folded_and_open_on_request(opened):
    report = opened(replace(squats(60), provenance=(Fact("Settings", '{"cleaning": 1}', folded=True),)))
    assert not report.page.get_by_text('"cleaning": 1').is_visible()
    report.page.locator(".provenance summary").click()
    assert report.page.get_by_text('"cleaning": 1').is_visible()


def test_the_thin_curve_is_called_what_it_is(report: ReportPage):
    report.show_charts()
    assert report.page.locator("#raw-choice").inner_text().strip() == "Pose model, before the fit"
    names = report.page.locator("#curve-chart .legendtext").all_text_contents()
    assert names == ["left, pose model", "left", "right, pose model", "right"]


def test_the_wheel_zooms_the_skeleton_and_leaves_the_page_where_it_is(opened):
    report = opened(squats(60))
    report.page.locator("#others").uncheck()
    report.page.locator("#body").hover()
    report.settle()
    usual, before = report.skeleton, report.colours("#body")["left"]
    report.page.mouse.wheel(0, -300)
    report.settle()
    near = report.colours("#body")["left"]
    assert near["right"] - near["left"] > 1.2 * (before["right"] - before["left"])
    report.page.mouse.wheel(0, 600)
    report.settle()
    far = report.colours("#body")["left"]
    assert far["bottom"] - far["top"] < before["bottom"] - before["top"]
    assert report.run("scrollY") == 0
    report.page.locator("#body").dblclick()
    report.settle()
    assert report.skeleton == usual


def arms_out(content: ReportContent, *missing: str) -> ReportContent:
    """The main person alone, with hands held far out and some joints missing."""
    person = content.people[0]
    positions = person.positions.copy()
    joints = content.skeleton.joint_names
    for joint, name in enumerate(joints):
        if any(part in name for part in ("wrist", "pinky", "index", "thumb")) and "foot" not in name:
            positions[:, joint, 0] += 400 if "left" in name else -400
    positions[:, [joints.index(name) for name in missing]] = np.nan
    return replace(content, people=(replace(person, positions=positions),))


def test_a_hand_without_its_elbow_does_not_float(opened):
    whole, cut = (opened(arms_out(squats(60), *missing)) for missing in ((), ("left_elbow",)))
    reach = [
        report.colours("#body")["left"]["right"] - report.colours("#body")["right"]["left"] for report in (whole, cut)
    ]
    width = whole.run("document.getElementById('body').width")
    assert reach[0] > reach[1] + 0.05 * width
    assert cut.colours("#body")["left"]["count"] > 200, "the leg is gone, too"


def test_the_head_is_a_ball_on_a_neck_and_does_not_float_without_shoulders(opened):
    shoulders = ("left_shoulder", "right_shoulder")
    whole, headless = (opened(arms_out(squats(60), *missing)) for missing in ((), shoulders))
    head, none = (report.colours("#body")["middle"] for report in (whole, headless))
    assert head["count"] > none["count"] + 300
    assert head["bottom"] > head["top"]
    assert whole.colours("#body")["left"]["top"] > head["top"], "the head is not above all else"


def test_the_page_begins_where_there_is_somebody(opened):
    content = squats(60)
    positions = content.people[0].positions.copy()
    positions[:20] = np.nan
    report = opened(replace(content, people=(replace(content.people[0], positions=positions),)))
    assert report.frame == 20
    assert report.colours("#body")["left"]["count"] > 100


def test_the_row_of_a_repetition_that_leads_to_its_turning_point_is_lit_while_it_passes(opened):
    content = squats(180)
    person = content.people[0]
    (table,) = person.tables
    turning = tuple(band.peak_s for band in person.bands if band.kind == "repetition")
    person = replace(person, tables=(replace(table, seek_s=turning),))
    report = opened(replace(content, people=(person,)))
    report.seek(SQUAT_FRAMES + 5)
    assert report.page.locator("tr[aria-current=true]").inner_text().split()[0] == "2"


def test_names_are_shown_and_never_run_and_without_a_single_number_charts_are_empty(opened):
    content = unknown(50)
    (person,) = content.people
    curves = tuple(
        replace(curve, label=HOSTILE, unit=HOSTILE, definition=HOSTILE, unreliable=HOSTILE) for curve in person.curves
    )
    person = replace(person, curves=curves, facts=(Fact(HOSTILE, HOSTILE),), warnings=(HOSTILE,))
    facts = (Fact(HOSTILE, HOSTILE), Fact(HOSTILE, HOSTILE, folded=True))
    report = opened(replace(content, title=HOSTILE, facts=facts, people=(person,)))
    report.run("dispatchEvent(new Event('beforeprint'))")  # whoever prints before looking has charts, too
    assert HOSTILE in report.page.locator("#curve-chart .ytitle").text_content()
    assert report.page.title() == HOSTILE
    assert report.page.locator("img").count() == 0
    assert report.complaints == []
