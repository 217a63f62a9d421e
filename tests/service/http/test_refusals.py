"""However many requests are refused, few entries are written, and their numbers lack none of them."""

from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from neuropose_ray.service.http.refusals import (
    MOST_KINDS,
    MOST_SINGLE,
    OTHERS,
    PERIOD_S,
    AuditEntry,
    Refusal,
    RefusalTally,
)

NOW = datetime(2026, 1, 31, tzinfo=UTC)


def entry(client: str, at_s: float = 0.0, status: int = 401, caller: str = "anybody") -> AuditEntry:
    time = NOW + timedelta(seconds=at_s)
    return AuditEntry(time=time, caller=caller, client=client, method="GET", path="/v1/jobs", status=status)


def written(refused: list[tuple[float, str, int]]) -> list[Refusal]:
    """What is written of refusals at these seconds, of these clients, and with these statuses."""
    now_s = 0.0
    tally = RefusalTally(lambda: now_s)
    entries = []
    for pause_s, client, status in refused:
        now_s += pause_s
        entries += tally.add(entry(client, now_s, status))
    return entries + tally.take()


@given(
    st.lists(
        st.tuples(
            st.one_of(st.just(0.0), st.floats(0, 2 * PERIOD_S)),
            st.sampled_from(["10.0.0.7", "::1", "2001:db8::7", "2001:db8::8", "no address"]),
            st.sampled_from([401, 403, 429]),
        ),
        max_size=200,
    )
)
def test_every_refusal_is_in_one_entry_or_in_the_number_of_one(refused):
    entries = written(refused)
    assert sum(each.count for each in entries) == len(refused)
    counted = Counter[int]()
    for each in entries:
        counted[each.status] += each.count
    assert counted == Counter(status for _, _, status in refused)
    periods = 1 + sum(pause_s for pause_s, _, _ in refused) // PERIOD_S
    assert len(entries) <= periods * 4 * 3 * (MOST_SINGLE + 1)


def test_the_first_ones_are_kept_singly_and_the_rest_as_a_number_with_both_ends():
    entries = written([(0.0, "10.0.0.7", 401)] * MOST_SINGLE + [(1.0, "10.0.0.7", 401)] * 20)
    assert [each.count for each in entries] == [1] * MOST_SINGLE + [20]
    assert (entries[-1].time, entries[-1].until) == (NOW + timedelta(seconds=1), NOW + timedelta(seconds=20))


def test_a_new_period_begins_with_what_the_last_one_counted():
    entries = written([(0.0, "10.0.0.7", 401)] * (MOST_SINGLE + 3) + [(PERIOD_S, "10.0.0.7", 401)])
    assert [each.count for each in entries] == [1] * MOST_SINGLE + [3, 1]


@pytest.mark.parametrize("networks", [False, True], ids=["of one network", "of as many networks"])
def test_many_addresses_make_few_entries(networks: bool):
    clients = [f"2001:db8:{n:x}::1" if networks else f"2001:db8::{n:x}" for n in range(5000)]
    entries = written([(0.0, client, 401) for client in clients])
    assert sum(each.count for each in entries) == len(clients)
    if networks:
        assert len(entries) == MOST_KINDS + 1
        assert (entries[-1].client, entries[-1].count) == (OTHERS, len(clients) - MOST_KINDS)
    else:
        assert len(entries) == MOST_SINGLE + 1
        assert entries[-1].client == "2001:db8::/64"


def test_callers_and_statuses_are_counted_apart():
    tally = RefusalTally(lambda: 0.0)
    for _ in range(MOST_SINGLE + 1):
        for caller, status in (("anybody", 401), ("anna", 429), ("ben", 429)):
            tally.add(entry("10.0.0.7", status=status, caller=caller))
    assert {(each.caller, each.status, each.count) for each in tally.take()} == {
        ("anybody", 401, 1), ("anna", 429, 1), ("ben", 429, 1)
    }  # fmt: skip
    assert tally.take() == []
