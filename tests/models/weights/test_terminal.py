"""The progress of a download where there is no terminal: a line for each tenth, and none where nobody wants any."""

import logging

import pytest

from neuropose_ray.models.weights.terminal import download_progress

MB = 10**6


def lines(caplog: pytest.LogCaptureFixture, *received: int, total: int | None, quiet: bool = False) -> list[str]:
    caplog.set_level(logging.INFO)
    with download_progress("metrabs", quiet=quiet) as progress:
        for count in received:
            progress(count, total)
    return caplog.messages


def test_each_tenth_is_one_line_however_many_blocks_come(caplog: pytest.LogCaptureFixture):
    messages = lines(caplog, *range(0, 200 * MB + 1, MB), total=200 * MB)
    assert messages == [f"metrabs: {20 * tenth} of 200 MB" for tenth in range(1, 11)]


def test_a_large_block_skips_tenths(caplog: pytest.LogCaptureFixture):
    assert lines(caplog, 55 * MB, 100 * MB, total=100 * MB) == ["metrabs: 55 of 100 MB", "metrabs: 100 of 100 MB"]


@pytest.mark.parametrize("total", [None, 0])
def test_where_the_size_is_not_known_nothing_is_said(caplog: pytest.LogCaptureFixture, total: int | None):
    assert lines(caplog, MB, 5 * MB, total=total) == []


def test_quiet_is_quiet(caplog: pytest.LogCaptureFixture):
    assert lines(caplog, 50 * MB, 100 * MB, total=100 * MB, quiet=True) == []
