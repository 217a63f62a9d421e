"""Folders in, results out, with neither HTTP nor Ray."""

import shutil
import threading
from contextlib import contextmanager

import pytest
from support import neuropose_loader
from support.grey_model import GreyLog, GreySpec
from support.inbox import eventually, status

from neuropose_ray.errors import ServiceRunningError
from neuropose_ray.service.inbox.status_file import load_status
from neuropose_ray.service.inbox.watching import watch_inbox
from neuropose_ray.service.settings import load_settings

SETTINGS = load_settings(
    flags={
        "engine": {"kind": "local", "workers": 1},
        "fit": False,
        "service": {"inbox": {"poll_s": 0.1, "settle_s": 0.05, "unfinished_s": 0.1}},
    },
    environment={},
)


@contextmanager
def watching(data, spec=None):
    stop = threading.Event()
    thread = threading.Thread(target=watch_inbox, args=(data, SETTINGS, spec or GreySpec(), stop))
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def put(data, name, *files):
    aside = data.root / "aside"
    aside.mkdir()
    for file in files:
        shutil.copy(file, aside)
    aside.rename(data.inbox / name)


def test_a_folder_becomes_results_that_neuropose_reads_and_a_bad_one_goes_to_failed(data, test_data):
    odd = test_data / "odd"
    with watching(data):
        put(data, "good", odd / "made_one_frame.mp4")
        put(data, "bad", odd / "made_zero_bytes.mp4")
        eventually(lambda: status(data) == {"good": "completed", "bad": "failed"})
    (video,) = neuropose_loader.load_job_results(data.outbox / "good" / "results.json").values()
    assert len(video.frames) == 1
    assert neuropose_loader.STATUS.validate_json(data.status_file.read_bytes())
    assert "empty" in load_status(data.status_file)["bad"].error
    assert (data.failed / "bad" / "made_zero_bytes.mp4").exists()
    with watching(data):
        put(data, "next", odd / "made_one_frame.mp4")
        eventually(lambda: status(data).get("next") == "completed")
    assert status(data)["good"] == "completed"


def test_what_was_left_at_the_end_is_done_by_the_next_process(data, test_data):
    log = GreyLog()
    log.gate.clear()
    with watching(data, GreySpec(log=log)):
        put(data, "trial", test_data / "odd" / "made_one_frame.mp4")
        eventually(lambda: log.calls)
        assert status(data) == {"trial": "processing"}
        threading.Timer(0.3, log.gate.set).start()
    with watching(data):
        eventually(lambda: status(data) == {"trial": "completed"})


def test_one_process_alone_works_in_a_folder(data):
    stop = threading.Event()
    stop.set()
    with watching(data):
        eventually(data.lock.exists)
        with pytest.raises(ServiceRunningError):
            watch_inbox(data, SETTINGS, GreySpec(), stop)
