"""Each link gets the newest poses and all events, and finds its clients again after it was dropped."""

import asyncio

from neuropose_ray.service.live.attachments import Attachment, Published, ViewKey
from neuropose_ray.service.live.fanout import Fanout

VIEW = ViewKey()


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


def fanout(clock: Clock) -> Fanout:
    return Fanout(0, clock=clock, lease_s=15, linger_s=30)


def attachment(token: str, **changes: object) -> Attachment:
    return Attachment(token, VIEW, ("poses2d",), subscription_id=token, **changes)


def taken(messages: Fanout, link: str) -> tuple[Published, ...]:
    return asyncio.run(asyncio.wait_for(messages.take(link), 5))


def test_a_link_that_is_slow_gets_the_newest_poses_and_all_events_in_order():
    messages = fanout(Clock())
    messages.attach("link", attachment("a"))
    for number in range(5):
        messages.publish_poses(str(VIEW), {"poses2d": b"{}"}, number)
        messages.publish_event(b"{}")
    batch = taken(messages, "link")
    assert [message.kind for message in batch] == ["event"] * 4 + ["pose", "event"]
    assert [message.seq for message in batch] == sorted(message.seq for message in batch)


def test_a_client_who_comes_back_gets_the_events_that_it_missed():
    messages = fanout(Clock())
    messages.attach("link", attachment("a"))
    for token in ("a", "b", None):
        messages.publish_event(b"{}", None if token is None else frozenset({token}))
    messages.detach("a", keep=True)
    resumed, missed = messages.attach("other", attachment("a", after_seq=0))
    assert resumed
    assert [event.seq for event in missed] == [1, 3]


def test_a_client_who_does_not_come_back_is_forgotten_after_a_while():
    clock = Clock()
    messages = fanout(clock)
    messages.attach("link", attachment("a"))
    messages.detach("a", keep=True)
    assert messages.prune() == ()
    clock.now += 31
    assert messages.prune() == ("a",)
    assert messages.attach("link", attachment("a")) == (False, ())


def test_a_link_that_is_not_renewed_is_dropped_and_its_clients_are_kept_for_a_while():
    clock = Clock()
    messages = fanout(clock)
    messages.attach("dead", attachment("a"))
    messages.attach("alive", attachment("b"))
    clock.now += 10
    messages.renew("alive")
    clock.now += 10
    assert messages.prune() == ()
    assert (messages.subscribers, set(messages.attachments)) == (1, {"a", "b"})
    assert messages.attach("new", attachment("a"))[0]


def test_only_outputs_of_clients_who_are_there_are_made():
    messages = fanout(Clock())
    messages.attach(None, Attachment("stream:s", VIEW, ("poses2d",), stream_id="s"))
    assert messages.outputs_of(str(VIEW)) == frozenset()
    messages.attach("link", attachment("a"))
    assert messages.outputs_of(str(VIEW)) == {("poses2d", ("poses2d",))}
