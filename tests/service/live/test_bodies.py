"""Messages are encoded once, and are what their schema says."""

import json

import numpy as np
from support.grey_model import GreySpec

from neuropose_ray.schemas.live_messages import PoseMessage
from neuropose_ray.schemas.poses import Poses
from neuropose_ray.service.live.bodies import FrameFacts, joined, pose_body
from neuropose_ray.service.live.view import Viewed
from neuropose_ray.tracking import OnlineTrack

FACTS = FrameFacts(
    "key", 2, 7, None, 1000.5, 640, 480, "blazepose_33", {"id": "grey", "sha256": "1" * 64},
    dict.fromkeys(("decode", "queue", "infer", "track", "total"), 1.0), 3,
)  # fmt: skip


def viewed() -> Viewed:
    joints = len(GreySpec().load().info.skeleton)
    poses = Poses(
        np.zeros(1, np.int64), np.array([[1, 2, 3, 4, np.nan]], np.float32),
        np.full((1, joints, 2), np.nan, np.float32),
        np.ones((1, joints, 3), np.float32), np.ones((1, joints), np.float32),
    )  # fmt: skip
    box = np.zeros(4)
    tracks = (
        OnlineTrack(4, 0, "confirmed", 5, 0.0, box, box[:2]),
        OnlineTrack(5, None, "lost", 5, 0.5, box, box[:2]),
    )
    return Viewed(1000.5, poses, tracks)


def test_a_pose_message_has_those_who_are_seen_and_null_for_what_is_not_known():
    body = pose_body(FACTS, viewed(), ("poses2d", "poses3d", "image"), b"jpeg", {})
    head = {"type": "pose", "subscription_id": 'a"b', "seq": 9, "dropped": {"source": 3, "client": 1}}
    message = PoseMessage.model_validate_json(joined(head, body))
    (person,) = message.persons
    assert (person.track_id, person.confirmed, person.score, person.poses2d[0]) == (4, True, None, (None, None))
    assert (message.frame_id, message.subscription_id, message.image) == ("2:7", 'a"b', "anBlZw==")


def test_what_was_not_asked_for_is_not_there():
    body = json.loads(pose_body(FACTS, viewed(), (), b"jpeg", {4: {"knee": 1.0}}))
    assert set(body["persons"][0]) == {"track_id", "confirmed", "box", "score"}
    assert "image" not in body


def test_an_empty_body_is_joined_too():
    assert json.loads(joined({"a": 1}, b"{}")) == {"a": 1}
