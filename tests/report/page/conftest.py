"""Reports in a real browser."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from support.report_contents import RATE_HZ, squats
from support.report_pages import FRAMES, ReportPage, write_numbered_video

from neuropose_ray.render.records import ReportContent
from neuropose_ray.report.page.page import write_report

if TYPE_CHECKING:
    from playwright.sync_api import Browser


@pytest.fixture(scope="session")
def report_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four squats with a video, charts and all."""
    folder = tmp_path_factory.mktemp("report")
    video = write_numbered_video(folder / "overlay.mp4", FRAMES, RATE_HZ)
    write_report(folder / "report.html", squats(FRAMES), video)
    return folder / "report.html"


@pytest.fixture(scope="module")
def report(chromium: "Browser", report_file: Path) -> Iterator[ReportPage]:
    """The same report, opened for the tests of a module."""
    page = ReportPage(chromium, report_file)
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
