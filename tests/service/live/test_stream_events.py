"""What happens in a stream is told to those whom it concerns."""

import time

from neuropose_ray.service.live.attachments import Attachment, ViewKey
from neuropose_ray.service.live.fanout import Fanout
from neuropose_ray.service.live.outbox import ActionFailure
from neuropose_ray.service.live.stream_events import StreamEvents
from neuropose_ray.service.live.stream_parts import StreamIdentity


async def never(decision, engine) -> None:
    raise AssertionError("nothing is decided")


def test_of_a_failed_action_those_alone_hear_whose_rules_they_are():
    fanout = Fanout(0, clock=time.monotonic, lease_s=60, linger_s=60)
    events = StreamEvents(StreamIdentity("key", "rtsp://camera", "life"), fanout, never, time.time)
    for token, owner in (("a", "anna"), ("b", "ben"), ("c", "anna")):
        name = "other" if token == "c" else "view"
        fanout.attach("link", Attachment(token, ViewKey(), (), "ward", subscription_id=name, owner=owner))

    def told(**failure: str | None) -> frozenset[str]:
        about = {"stream_id": "ward", "session_id": None, "rule": "r", "action": "a", "code": "c", "message": "m"}
        events.tell_failure(ActionFailure(**{"decision_id": "d", **about, **failure}))
        return fanout._events[-1].tokens

    assert told(subscription_id="view", owner="anna") == {"a"}
    assert told(subscription_id="view", owner="ben") == {"b"}
    assert told(subscription_id=None, owner="dan") == {"a", "b", "c"}, "of the stream's own rules all hear"
