"""Parts of a worker's time."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from neuropose_ray.pipeline.chunks.shared_time import SharedTime


@given(st.lists(st.tuples(st.integers(0, 5), st.floats(0.01, 10)), min_size=1, max_size=40))
def test_the_parts_of_all_chunks_add_up_to_the_time_in_which_any_was_in_flight(events: list[tuple[int, float]]):
    """Each event takes some time, and then one chunk comes, or the named one of those in flight ends."""
    now, parts, busy = [0.0], [], 0.0
    shared = SharedTime(lambda: now[0])
    in_flight: list[float] = []
    for place, seconds in [*events, *[(0, 1.0)] * len(events)]:
        now[0] += seconds
        busy += seconds if in_flight else 0.0
        passed = shared.passed_s(len(in_flight))
        if place < len(in_flight):
            parts.append(passed - in_flight.pop(place))
        elif len(parts) + len(in_flight) < len(events):
            in_flight.append(passed)
    assert not in_flight
    assert sum(parts) == pytest.approx(busy)
