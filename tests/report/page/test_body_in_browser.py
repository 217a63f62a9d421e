"""The skeleton in three dimensions, as a browser draws it."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from support.report_contents import SQUAT_FRAMES, squats
from support.report_pages import ReportPage

from neuropose_ray.render.records import PersonTrack, ReportContent

BOTTOM = SQUAT_FRAMES // 2
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


@pytest.mark.slow
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


@pytest.mark.slow
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


def arms_out(content: ReportContent, *missing: str) -> PersonTrack:
    """The main person with hands held far out and some joints missing."""
    person = content.people[0]
    positions = person.positions.copy()
    joints = content.skeleton.joint_names
    for joint, name in enumerate(joints):
        if any(part in name for part in ("wrist", "pinky", "index", "thumb")) and "foot" not in name:
            positions[:, joint, 0] += 400 if "left" in name else -400
    positions[:, [joints.index(name) for name in missing]] = np.nan
    return replace(person, positions=positions)


@pytest.fixture
def seen_alone(opened) -> Callable[..., list[dict[str, dict[str, float]]]]:
    """The colours of the main person whole and then without some joints, each alone in the picture."""

    def colours(*missing: str) -> list[dict[str, dict[str, float]]]:
        content = squats(60)
        cut = replace(arms_out(content, *missing), track_id=2, main=False)
        report = opened(replace(content, people=(arms_out(content), cut)))
        report.page.locator("#others").uncheck()
        seen = []
        for person in (0, 1):
            report.page.locator("#person").select_option(index=person)
            report.settle()
            seen.append({**report.colours("#body"), "width": report.run("document.getElementById('body').width")})
        return seen

    return colours


@pytest.mark.slow
def test_a_hand_without_its_elbow_does_not_float(seen_alone):
    whole, cut = seen_alone("left_elbow")
    reach = [seen["left"]["right"] - seen["right"]["left"] for seen in (whole, cut)]
    assert reach[0] > reach[1] + 0.05 * whole["width"]
    assert cut["left"]["count"] > 200, "the leg is gone, too"


@pytest.mark.slow
def test_the_head_is_a_ball_on_a_neck_and_does_not_float_without_shoulders(seen_alone):
    whole, headless = seen_alone("left_shoulder", "right_shoulder")
    head, none = (seen["middle"] for seen in (whole, headless))
    assert head["count"] > none["count"] + 300
    assert head["bottom"] > head["top"]
    assert whole["left"]["top"] > head["top"], "the head is not above all else"


@pytest.mark.slow
def test_the_page_begins_where_there_is_somebody(opened):
    content = squats(60)
    positions = content.people[0].positions.copy()
    positions[:20] = np.nan
    report = opened(replace(content, people=(replace(content.people[0], positions=positions),)))
    assert report.frame == 20
    assert report.colours("#body")["left"]["count"] > 100


@pytest.mark.slow
def test_who_is_chosen_is_shown_also_where_nobody_was_at_that_time(opened):
    content = squats(60)
    later = content.people[1].positions.copy()
    later[:40] = np.nan
    report = opened(replace(content, people=(content.people[0], replace(content.people[1], positions=later))))
    report.seek(45)
    report.page.locator("#person").select_option(index=1)
    assert report.frame == 45
    report.page.locator("#person").select_option(index=0)
    report.seek(10)
    report.page.locator("#person").select_option(index=1)
    assert report.frame == 40
