"""`neuropose-ray watch` as a user types it."""

import os
import signal
import subprocess
import sys

import pytest
from support.inbox import eventually, status

from neuropose_ray.service.data_folder import DataFolder


@pytest.mark.usefixtures("weights")
def test_it_does_what_is_dropped_without_ray_and_ends_when_told(tmp_path, test_data):
    data = DataFolder(tmp_path / "data")
    command = [sys.executable, "-c", "from neuropose_ray.cli import main; main()", "watch", "--data", data.root]
    inbox = {"NEUROPOSE_SERVICE__INBOX__SETTLE_S": "0.1", "NEUROPOSE_POLL_INTERVAL_SECONDS": "1"}
    process = subprocess.Popen(command, env={**os.environ, **inbox}, stdout=subprocess.PIPE, text=True)
    try:
        assert str(data.inbox) in process.stdout.readline()
        eventually(data.inbox.exists)
        (data.inbox / "made_one_frame.mp4").write_bytes((test_data / "odd" / "made_one_frame.mp4").read_bytes())
        eventually(lambda: status(data) == {"made_one_frame": "completed"})
        assert (data.outbox / "made_one_frame" / "results.json").exists()
    finally:
        process.send_signal(signal.SIGINT)
        assert process.wait(60) == 0
