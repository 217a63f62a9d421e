"""A real browser: Debian's chromium, driven by playwright."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser

_FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-gpu-rasterization", "--disable-accelerated-2d-canvas",
    "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync",
)  # fmt: skip


@contextmanager
def started_chromium() -> Iterator["Browser"]:
    """A browser, about a second to start; as long as it is there, this thread has an event loop."""
    playwright = pytest.importorskip("playwright.sync_api", reason="no playwright to drive a browser with")
    program = shutil.which("chromium") or shutil.which("chromium-browser")
    if program is None:
        pytest.skip("no chromium on this machine (Debian: apt-get install chromium)")
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=program, args=list(_FLAGS))
        yield browser
        browser.close()
