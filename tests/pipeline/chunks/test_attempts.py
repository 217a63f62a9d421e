"""Which tries count against a chunk."""

import pytest

from neuropose_ray.errors import DecodeError
from neuropose_ray.pipeline.chunks.commit import Attempts, error_record

THIS_RUN, EARLIER_RUN = "this", "earlier"


def test_a_try_that_ended_with_an_error_counts_and_is_no_mystery():
    record = error_record(DecodeError("cannot be decoded"), 1)
    after = Attempts().begun(alone=False, run=None).failed(record)
    assert (after.count, after.last_error, after.open, after.suspect) == (1, record, None, False)
    assert after.settled(THIS_RUN) == after


@pytest.mark.parametrize("run", [None, THIS_RUN])
def test_a_lone_try_that_left_no_word_counts_where_its_run_went_on_or_died_with_it(run: str | None):
    after = Attempts(count=1).begun(alone=True, run=run).settled(run)
    assert (after.count, after.suspect, after.last_error.type) == (2, True, "WorkerDiedError")


def test_one_of_several_that_left_no_word_does_not_count_but_is_tried_alone():
    after = Attempts(count=1).begun(alone=False, run=THIS_RUN).settled(THIS_RUN)
    assert (after.count, after.suspect, after.open) == (1, True, None)


def test_a_run_whose_driver_was_killed_charges_nobody():
    attempts = Attempts()
    for _ in range(20):
        attempts = attempts.begun(alone=True, run=EARLIER_RUN).settled(THIS_RUN)
    assert (attempts.count, attempts.suspect) == (0, True)


def test_a_word_clears_the_suspicion():
    suspect = Attempts(suspect=True).begun(alone=True, run=THIS_RUN)
    assert not suspect.failed(error_record(DecodeError("cannot be decoded"))).suspect
