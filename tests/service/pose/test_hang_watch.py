"""A model that hangs ends its process while a request still waits, and one that works never does."""

import subprocess
import sys
import threading
import time

from neuropose_ray.service.pose.hang_watch import HangWatch, hang_limit_s
from neuropose_ray.service.pose.priority_lock import PriorityModelLock


def test_half_of_a_requests_time_is_left_for_the_next_replica():
    assert hang_limit_s(120.0) == 60.0
    assert hang_limit_s(2.0) == 10.0


def test_a_call_that_keeps_requests_waiting_for_too_long_ends_the_process_once():
    lock, ended = PriorityModelLock(), threading.Event()
    HangWatch(lock, 0.2, ended.set).start()
    with lock.requests:
        assert ended.wait(20)


def test_many_short_calls_and_a_long_one_of_a_chunk_are_no_hang():
    lock, ended = PriorityModelLock(), threading.Event()
    HangWatch(lock, 0.3, ended.set).start()
    for _ in range(20):
        with lock.requests:
            time.sleep(0.02)
    with lock.chunks:
        time.sleep(0.6)
    assert not ended.is_set()


def test_the_process_is_gone_also_where_the_hanging_thread_cannot_be_ended():
    script = (
        "import threading, time\n"
        "from neuropose_ray.service.pose.hang_watch import HangWatch\n"
        "from neuropose_ray.service.pose.priority_lock import PriorityModelLock\n"
        "lock = PriorityModelLock()\n"
        "HangWatch(lock, 0.2).start()\n"
        "with lock.requests:\n"
        "    while True: time.sleep(1)\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=100)
    assert done.returncode == 1
    assert "kept requests waiting for 0.2 s in one call" in done.stderr
