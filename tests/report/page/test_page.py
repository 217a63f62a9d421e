import base64
import re
import shutil
import subprocess
from dataclasses import replace
from html.parser import HTMLParser
from importlib.resources import files

import pytest
from support.report_contents import nothing, squats

from neuropose_ray.errors import InputNotFoundError
from neuropose_ray.render.records import Fact
from neuropose_ray.report.page.page import write_report

ASSETS = files("neuropose_ray.report.page") / "assets"
HOSTILE = "</script></title><script>alert('$video $data')</script><img src=x onerror=alert(1)>"


class Elements(HTMLParser):
    """Every element with its attributes, and the text of those with an id or a title."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags, self.texts, self._open = [], {}, ""
        self.feed(page)

    def handle_starttag(self, tag, attributes):
        self.tags.append((tag, dict(attributes)))
        self._open = dict(attributes).get("id") or tag

    def handle_endtag(self, tag):
        self._open = ""

    def handle_data(self, data):
        self.texts[self._open] = self.texts.get(self._open, "") + data


def written(tmp_path, content, overlay=None) -> Elements:
    write_report(tmp_path / "report.html", content, overlay)
    return Elements((tmp_path / "report.html").read_text("utf-8"))


def test_the_video_comes_out_as_it_went_in(tmp_path):
    video = tmp_path / "overlay.mp4"
    video.write_bytes(bytes(range(256)) * 20_000)  # more than one piece
    embedded = written(tmp_path, squats(60), video).texts["overlay"]
    assert base64.b64decode(embedded, validate=True) == video.read_bytes()


def test_without_the_overlay_there_is_no_report(tmp_path):
    with pytest.raises(InputNotFoundError, match=r"gone\.mp4: cannot be read"):
        write_report(tmp_path / "report.html", nothing(1), tmp_path / "gone.mp4")
    assert list(tmp_path.iterdir()) == []


def test_the_page_asks_for_nothing_and_runs_no_other_script(tmp_path):
    page = written(tmp_path, squats(60))
    assert not [attributes for _, attributes in page.tags if {"src", "href"} & attributes.keys() and
                not attributes.get("href", "").startswith("#")]  # fmt: skip
    policy = next(attributes["content"] for tag, attributes in page.tags if "http-equiv" in attributes)
    assert policy.startswith("default-src 'none'; script-src 'sha256-")
    assert "unsafe-inline" not in policy.split(";")[1]


def test_hostile_text_stays_text(tmp_path):
    plain = written(tmp_path, squats(60))
    content = replace(
        squats(60, title=HOSTILE), facts=(Fact(HOSTILE, HOSTILE),), warnings=(HOSTILE,), citation=HOSTILE
    )
    page = written(tmp_path, content)
    assert page.texts["title"] == HOSTILE
    scripts = [[tag for tag, _ in one.tags if tag in ("script", "img")] for one in (plain, page)]
    assert scripts[0] == scripts[1]


def test_equal_contents_are_equal_files(tmp_path):
    write_report(tmp_path / "one.html", squats(60), None)
    write_report(tmp_path / "other.html", squats(60), None)
    assert (tmp_path / "one.html").read_bytes() == (tmp_path / "other.html").read_bytes()


def test_every_part_that_is_empty_is_left_out(tmp_path):
    headings = re.findall(
        r"<h2>(.*?)</h2>", (written(tmp_path, nothing(3)), (tmp_path / "report.html").read_text())[1]
    )
    assert headings == ["Curves"]  # hidden by the script


@pytest.mark.skipif(shutil.which("node") is None, reason="no node to read the scripts with")
def test_all_scripts_are_in_the_page_and_can_be_read(tmp_path):
    script = written(tmp_path, nothing(1)).texts["script"]
    names = [one.name for one in ASSETS.iterdir() if one.name.endswith(".js")]
    assert len(names) > 5
    for name in names:
        assert (ASSETS / name).read_text("utf-8") in script
    (tmp_path / "page.js").write_text(script, "utf-8")
    subprocess.run(["node", "--check", tmp_path / "page.js"], check=True)
