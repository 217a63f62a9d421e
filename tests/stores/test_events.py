"""Events of a channel come in the order in which they were published, each once for its id."""

import time
from dataclasses import replace

import pytest

from neuropose_ray.errors import StoreError
from neuropose_ray.stores import EventBus


def test_an_event_is_published_once_for_its_id(events: EventBus):
    assert [events.publish("alarms", {"n": 1}, "event-1") for _ in range(3)] == [True, False, False]
    (event,) = events.read("alarms")
    assert replace(event, position="") == replace(event, position="", event_id="event-1", message={"n": 1})


def test_events_come_in_their_order_from_where_a_reader_is(events: EventBus):
    for number in range(6):
        events.publish("alarms", [number], f"event-{number}")
        events.publish("others", number, f"other-{number}")
    first = events.read("alarms", limit=4)
    rest = events.read("alarms", after=first[-1].position)
    assert [event.message for event in (*first, *rest)] == [[number] for number in range(6)]
    assert events.read("alarms", after=rest[-1].position) == ()
    assert [event.message for event in events.read("others")] == list(range(6))


def test_old_events_are_removed(events: EventBus):
    events.publish("alarms", None, "event-1")
    assert events.sweep(time.time()) == 0
    assert events.sweep(time.time() + 8 * 86_400) == 1
    assert events.read("alarms") == ()


@pytest.mark.parametrize("channel", ["", "a b", "*", "a\nb", "x'; --"])
def test_a_channel_has_a_name(events: EventBus, channel: str):
    with pytest.raises(StoreError, match="not a name of a channel"):
        events.publish(channel, {}, "event-1")


@pytest.mark.parametrize("position", ["x", "1; DROP TABLE neuropose_events", "-", "1-1-1"])
def test_a_position_is_one_of_the_channels(events: EventBus, position: str):
    events.publish("alarms", {}, "event-1")
    with pytest.raises(StoreError):
        events.read("alarms", after=position)
