from dataclasses import replace

import pytest
from support.report_contents import RATE_HZ, SQUAT_FRAMES, nothing, squats, unknown
from support.report_pages import FRAMES, ReportPage, write_numbered_video

from neuropose_ray.render.records import Fact

BOTTOM = SQUAT_FRAMES // 2
HOSTILE = "</script><img src=x onerror=\"document.title = 'taken'\">"


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


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(nothing(0), id="no frames"),
        pytest.param(nothing(1), id="nobody"),
        pytest.param(unknown(1), id="one frame", marks=pytest.mark.slow),
    ],
)
def test_a_page_with_nothing_to_show_works(opened, content):
    report = opened(content)
    report.page.keyboard.press("End")
    report.page.keyboard.press("Space")
    assert report.page.locator("#charts").is_visible() == bool(content.main and content.main.curves)
    assert report.complaints == []


@pytest.mark.slow
def test_a_video_that_the_browser_cannot_play_stops_nothing_else(opened, tmp_path):
    (tmp_path / "overlay.mp4").write_bytes(b"no video")
    report = opened(squats(60), tmp_path / "overlay.mp4")
    report.until("document.getElementById('video-message').textContent.startsWith('This browser cannot')")
    report.page.keyboard.press("Space")
    report.until("Number(document.getElementById('time').value) > 2")


@pytest.mark.slow
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


@pytest.mark.slow
def test_a_number_has_its_error_band_and_is_grey_where_it_cannot_be_relied_on(opened):
    report = opened(squats(60))
    report.page.locator("#person").select_option(index=1)
    sure, unsure = report.page.locator("td.number:visible").all()
    assert sure.inner_text().split("\n") == ["40.0", "31.0 to 49.0"]
    assert unsure.get_attribute("title") == "Not reliable: The arm is hidden."
    colours = [cell.evaluate("(cell) => getComputedStyle(cell).color") for cell in (sure, unsure)]
    assert colours[0] != colours[1]
    assert report.page.get_by_text("Grey, not reliable: The arm is hidden.").is_visible()


def test_the_thin_curve_is_called_what_it_is(report: ReportPage):
    report.show_charts()
    assert report.page.locator("#raw-choice").inner_text().strip() == "Pose model, before the fit"
    names = report.page.locator("#curve-chart .legendtext").all_text_contents()
    assert names == ["left, pose model", "left", "right, pose model", "right"]


@pytest.mark.slow
def test_the_row_of_a_repetition_that_leads_to_its_turning_point_is_lit_while_it_passes(opened):
    content = squats(180)
    person = content.people[0]
    (table,) = person.tables
    turning = tuple(band.peak_s for band in person.bands if band.kind == "repetition")
    person = replace(person, tables=(replace(table, seek_s=turning),))
    report = opened(replace(content, people=(person,)))
    report.seek(SQUAT_FRAMES + 5)
    assert report.page.locator("tr[aria-current=true]").inner_text().split()[0] == "2"


@pytest.mark.slow
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


@pytest.mark.slow
def test_slow_motion_stays_in_step_with_its_video(opened, tmp_path):
    video = write_numbered_video(tmp_path / "overlay.mp4", FRAMES, RATE_HZ)
    content = squats(FRAMES)
    slow = replace(content, timestamps_s=content.timestamps_s / 8, video_seconds=8.0)
    report = opened(slow, video)
    report.until("document.getElementById('video').readyState === 4")
    for frame in (SQUAT_FRAMES, SQUAT_FRAMES + BOTTOM):
        report.seek(frame)
        assert report.shown_frame == frame
        assert report.run("document.getElementById('video').currentTime") == pytest.approx(
            (frame + 0.25) / RATE_HZ, abs=0.01
        )
    report.page.keyboard.press("Space")
    report.until(f"Number(document.getElementById('time').value) > {SQUAT_FRAMES + BOTTOM + 5}")
    report.page.keyboard.press("Space")
    report.settle()
    assert report.frame == report.shown_frame
