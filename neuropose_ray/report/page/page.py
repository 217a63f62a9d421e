"""One HTML file with everything in it."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable
from importlib.resources import files
from pathlib import Path
from string import Template
from typing import BinaryIO

from neuropose_ray.errors import InputNotFoundError
from neuropose_ray.render import PersonTrack, ReportContent
from neuropose_ray.report.page import markup
from neuropose_ray.report.page.data import report_json
from neuropose_ray.schemas.atomic import atomic_write
from neuropose_ray.schemas.derived_files import REPORT_DIGEST_NAME

_ASSETS = files("neuropose_ray.report.page") / "assets"
# In the order in which they need each other.
_SCRIPTS = (
    "arrays.js", "theme.js", "player.js", "people.js", "layers.js", "body_view.js", "strips.js", "charts.js",
    "comparison.js", "paper.js", "start.js",
)  # fmt: skip
# A multiple of 3: base64 of such pieces can be joined.
_PIECE_BYTES = 3 << 20


def write_report(path: Path, content: ReportContent, overlay: Path | None) -> None:
    """Write a report as one file that a browser opens from the disk, without a network or a server.

    The file has the video in base64, a third more than its size, and plotly.js with about 5 MB. The video is never
    held in memory as a whole.

    Args:
        path: the HTML file to be made or replaced.
        content: what it shows.
        overlay: an MP4 that browsers play, whose time 0 is ``content.timestamps_s[0]``; None for no video.

    Raises:
        InputNotFoundError: the overlay cannot be read.
        OutputError: no space or no permission.
    """
    before, after = _page(content)
    with atomic_write(path) as file:
        file.write(before)
        if overlay is not None:
            _embed(overlay, file)
        file.write(after)


def _page(content: ReportContent) -> tuple[bytes, bytes]:
    """What stands before the video, and what behind it."""
    from plotly.offline import get_plotlyjs

    script, plotly = _script(), get_plotlyjs()
    parts = {
        "policy": _policy(script, plotly),
        "style": _asset("report.css"),
        "predictions": _predictions(content.predictions_sha256),
        "title": markup.escaped(content.title),
        "facts": markup.fact_list(content.facts),
        "person_facts": _by_person(content, lambda person: markup.fact_list(person.facts)),
        "warnings": _warnings(content),
        "description": _by_person(content, _description),
        "comparison": _comparison(content),
        "of_people": _by_person(content, _numbers),
        "tables": markup.tables(content.tables),
        "provenance": _section("provenance", "How this was made", markup.fact_list(content.provenance)),
        "citation": _section("citation", "How to cite", _paragraph(content.citation)),
        "data": report_json(content),
        "script": script,
        "plotly": plotly,
    }
    # Divided before anything is filled in: no text of the content can be taken for the place of the video.
    before, after = _asset("page.html").split("$video")
    return Template(before).substitute(parts).encode("utf-8"), Template(after).substitute(parts).encode("utf-8")


def _predictions(sha256: str | None) -> str:
    """What the page was made from, for whoever asks later whether it is still that."""
    return "" if sha256 is None else f'<meta name="{REPORT_DIGEST_NAME}" content="{sha256}">\n'


def _asset(name: str) -> str:
    return (_ASSETS / name).read_text("utf-8")


def _script() -> str:
    """All scripts in a scope of their own."""
    parts = "\n".join(_asset(name) for name in _SCRIPTS)
    return f'(() => {{\n"use strict";\n{parts}\n}})();\n'


def _policy(*scripts: str) -> str:
    """A content security policy: these scripts run and no others, and nothing is fetched from anywhere."""
    hashes = " ".join(
        f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'" for text in scripts
    )
    return (
        f"default-src 'none'; script-src {hashes}; style-src 'unsafe-inline'; img-src data: blob:; media-src blob:; "
        "base-uri 'none'; form-action 'none'"
    )


def _by_person(content: ReportContent, part: Callable[[PersonTrack], str]) -> str:
    first = next((number for number, person in enumerate(content.people) if person.main), 0)
    return markup.by_person([part(person) for person in content.people], first)


def _warnings(content: ReportContent) -> str:
    if not content.people:
        return markup.warnings(content.warnings)
    return _by_person(content, lambda person: markup.warnings((*content.warnings, *person.warnings)))


def _description(person: PersonTrack) -> str:
    return _section("description", "In words", "".join(map(_paragraph, person.description)))


def _numbers(person: PersonTrack) -> str:
    quality = _section("quality", "Quality", markup.sentences(person.quality.summary))
    return markup.tables(person.tables) + quality


def _section(name: str, title: str, inside: str) -> str:
    """Nothing where nothing is inside."""
    return f'<section class="card {name}"><h2>{title}</h2>{inside}</section>' if inside else ""


def _paragraph(text: str) -> str:
    return f"<p>{markup.escaped(text)}</p>" if text else ""


def _comparison(content: ReportContent) -> str:
    comparison, main = content.comparison, content.main
    if comparison is None:
        return ""
    names = {"name_a": markup.escaped(comparison.name_a), "name_b": markup.escaped(comparison.name_b)}
    # It stays while somebody else is looked at.
    who = f"id {main.track_id} compared" if main is not None and len(content.people) > 1 else "Compared"
    facts = markup.fact_list(comparison.facts)
    return Template(_asset("comparison.html")).substitute(names, who=who, facts=facts)


def _embed(overlay: Path, file: BinaryIO) -> None:
    try:
        video = overlay.open("rb")
    except OSError as error:
        raise InputNotFoundError(f"cannot be read: {error.strerror}", where=str(overlay)) from error
    with video:
        while piece := video.read(_PIECE_BYTES):
            file.write(base64.b64encode(piece))
