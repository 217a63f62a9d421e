"""A real browser for the report."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest
from support.browser import started_chromium

if TYPE_CHECKING:
    from playwright.sync_api import Browser


@pytest.fixture(scope="module")
def chromium() -> Iterator["Browser"]:
    """One browser for a module."""
    with started_chromium() as browser:
        yield browser
