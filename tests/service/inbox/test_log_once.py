"""What goes on for a while is logged once, and again when it is something else."""

import logging

import pytest

from neuropose_ray.service.inbox.log_once import LogOnce


def test_only_what_is_new_of_a_name_is_logged(caplog: pytest.LogCaptureFixture):
    caplog.set_level(logging.INFO)
    log = LogOnce(logging.getLogger("inbox"))
    for name, what in [("a", "waits"), ("a", "waits"), ("b", "waits"), ("a", "is taken"), ("a", "waits")]:
        log.say(name, what)
    assert caplog.messages == ["a waits", "b waits", "a is taken", "a waits"]


def test_a_name_that_is_not_utf8_can_be_logged(caplog: pytest.LogCaptureFixture):
    caplog.set_level(logging.INFO)
    LogOnce(logging.getLogger("inbox")).say("\udcff.mp4", "waits")
    assert caplog.messages[0].encode().endswith(b".mp4 waits")
