"""Who holds a folder: a process is known from a later one of its number, and nothing is said of other machines."""

import subprocess
import sys
from datetime import UTC, datetime

import psutil
import pytest

from neuropose_ray.pipeline.state.lease_record import LeaseRecord, own_record, process_is_gone

CHILD = (
    "from neuropose_ray.pipeline.state.lease_record import own_record; print(own_record().model_dump_json()); input()"
)


def test_this_process_is_there():
    assert not process_is_gone(own_record())


def test_a_process_is_gone_when_it_has_ended_also_while_its_parent_has_not_asked_for_it():
    with subprocess.Popen(
        [sys.executable, "-c", CHILD], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as child:
        record = LeaseRecord.model_validate_json(child.stdout.readline())
        assert record.pid == child.pid
        assert not process_is_gone(record)
        child.kill()
        while psutil.Process(child.pid).status() != psutil.STATUS_ZOMBIE:
            pass
        assert process_is_gone(record)
    assert process_is_gone(record)


@pytest.mark.parametrize("seconds", [-3600.0, 3600.0])
def test_another_process_of_the_same_number_is_not_taken_for_it(seconds: float):
    record = own_record()
    assert process_is_gone(record.model_copy(update={"process_started_s": record.process_started_s + seconds}))


def test_of_another_machine_nothing_is_known():
    record = own_record().model_copy(update={"machine": "another", "pid": 2**22 + 1})
    assert not process_is_gone(record)


def test_people_are_told_who_it_is():
    record = own_record().model_copy(
        update={"user": "ann", "host": "lab", "pid": 7, "started_at": datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)}
    )
    assert record.holder == "ann on lab, process 7, since 2026-01-02 03:04:05 UTC"
