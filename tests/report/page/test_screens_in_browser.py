"""What is seen without scrolling, and what is folded."""

from dataclasses import replace

import numpy as np
import pytest
from support.report_contents import RATE_HZ, squats
from support.report_pages import write_numbered_video

from neuropose_ray.render.records import Fact, Quality, QualityStrip


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
    assert report.box("#transport")["bottom"] - report.box("#transport")["top"] < 0.3 * size[1]


@pytest.mark.slow
def test_warnings_are_one_line_that_says_how_many_there_are_and_opens(opened):
    report = opened(squats(60))
    (line,) = report.page.locator(".warnings summary:visible").all()
    assert "2 things to know before you use the numbers" in line.inner_text()
    assert not report.page.get_by_text("One more.").is_visible()
    line.click()
    assert report.page.get_by_text("One more.").is_visible()


@pytest.mark.slow
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


@pytest.mark.slow
def test_limbs_that_change_by_a_twentieth_are_no_alarm(opened):
    content, changes = squats(60), {0.05: False, 0.14: False, 0.2: True}
    people = []
    for number, change in enumerate(changes):
        limbs = QualityStrip("Limb lengths", np.full(60, change), good=False, doubt=0.15, full=0.25, unit="%")
        person = replace(content.people[0], track_id=number, main=not number, quality=Quality((limbs,)), bands=())
        people.append(person)
    report = opened(replace(content, people=tuple(people)))
    for number, is_alarm in enumerate(changes.values()):
        report.page.locator("#person").select_option(index=number)
        report.settle()
        seen = report.colours("#timeline canvas")
        assert (seen["doubt"]["count"] > 0) == is_alarm
        assert (seen["good"]["count"] > 0) != is_alarm


@pytest.mark.slow
def test_settings_are_folded_and_open_on_request(opened):
    report = opened(replace(squats(60), provenance=(Fact("Settings", '{"cleaning": 1}', folded=True),)))
    assert not report.page.get_by_text('"cleaning": 1').is_visible()
    report.page.locator(".provenance summary").click()
    assert report.page.get_by_text('"cleaning": 1').is_visible()
