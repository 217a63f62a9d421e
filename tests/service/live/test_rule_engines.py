"""Each who looks with rules has an engine of its own, whose decisions are nobody else's."""

import json
from itertools import product

import numpy as np
from support.grey_model import GreySpec

from neuropose_ray.schemas.camera import Camera
from neuropose_ray.schemas.rules import Decision
from neuropose_ray.service.live.attachments import Attachment, ViewKey, subscription_token
from neuropose_ray.service.live.rule_engines import RuleEngines
from neuropose_ray.service.live.stream_parts import StreamIdentity
from neuropose_ray.service.live.view import View
from neuropose_ray.service.pose import LiveModel
from neuropose_ray.tracking import TrackingSettings
from neuropose_ray.video.live import LiveFrame

IMAGE = np.full((24, 32, 3), 10, np.uint8)
PIPELINE = json.dumps({
    "name": "presence",
    "gate": {"stable": {"hits": 1, "window": 1}},
    "rules": [{
        "name": "somebody",
        "on_enter": [{"type": "publish", "name": "tell", "channel": "ward", "message": "{uuid}"}],
        "on_complete": [{"type": "publish", "name": "told", "channel": "ward", "message": "{uuid}"}],
    }],
})  # fmt: skip


def decisions_of(life: str, owner: str, resume: str, subscription_id: str) -> list[Decision]:
    """What rules decide for one client, who is told the same of the same frames as all others."""
    pose_model = GreySpec().load()
    model = LiveModel(pose_model.info, 60.0)
    attachment = Attachment(
        subscription_token(owner, resume), ViewKey(), (), subscription_id=subscription_id, owner=owner,
        pipeline=PIPELINE,
    )  # fmt: skip
    run = RuleEngines(StreamIdentity("key", "rtsp://camera", life))(attachment, model)
    view = View(ViewKey(), model, TrackingSettings())
    session = pose_model.session(Camera.from_field_of_view(32, 24, 60.0))
    steps: list[object] = []
    for number in range(6):
        at = number / 10
        viewed = view.follow(1, at, session.predict([IMAGE]))
        steps += run.observe(viewed, LiveFrame(IMAGE, at, at, 1, number, 0.0), None)
    steps += run.interrupt(1.0, "enough")
    return [step for step in steps if isinstance(step, Decision)]


def test_clients_who_name_all_alike_take_no_decision_from_each_other():
    clients = list(product(("first life", "second life"), ("anna", "ben"), ("one", "two"), ("view", "other")))
    made = [decisions_of(*client) for client in clients]
    assert all([decision.phase for decision in decisions] == ["enter", "complete"] for decisions in made)
    ids = [decision.decision_id for decisions in made for decision in decisions]
    assert len(set(ids)) == len(ids) == 2 * len(clients)
    assert [decision.decision_id for decision in decisions_of(*clients[0])] == ids[:2], "the same twice is one"
    assert [{decision.owner for decision in decisions} for decisions in made] == [
        {owner} for _, owner, _, _ in clients
    ]
