"""Which tries count against a chunk."""

import pytest

from neuropose_ray.errors import DecodeError
from neuropose_ray.pipeline.chunks.commit import AttemptHistory, error_record

THIS_RUN, EARLIER_RUN = "this", "earlier"


def test_a_try_that_ended_with_an_error_counts_and_is_no_mystery():
    record = error_record(DecodeError("cannot be decoded"), 1)
    after = AttemptHistory().start(alone=False, run=None).failed(record)
    assert (after.count, after.last_error, after.open, after.isolate_next) == (1, record, None, False)
    assert after.resolve(THIS_RUN) == after


@pytest.mark.parametrize("run", [None, THIS_RUN])
def test_a_lone_try_that_left_no_word_counts_where_its_run_went_on_or_died_with_it(run: str | None):
    after = AttemptHistory(count=1).start(alone=True, run=run).resolve(run)
    assert (after.count, after.isolate_next, after.last_error.type) == (2, True, "WorkerDiedError")


def test_one_of_several_that_left_no_word_does_not_count_but_is_tried_alone():
    after = AttemptHistory(count=1).start(alone=False, run=THIS_RUN).resolve(THIS_RUN)
    assert (after.count, after.isolate_next, after.open) == (1, True, None)


def test_a_run_whose_driver_was_killed_charges_nobody():
    attempts = AttemptHistory()
    for _ in range(20):
        attempts = attempts.start(alone=True, run=EARLIER_RUN).resolve(THIS_RUN)
    assert (attempts.count, attempts.isolate_next) == (0, True)


def test_a_word_clears_the_suspicion():
    suspect = AttemptHistory(isolate_next=True).start(alone=True, run=THIS_RUN)
    assert not suspect.failed(error_record(DecodeError("cannot be decoded"))).isolate_next
