"""The older protocol: its messages are understood, and what it cannot say is refused."""

import asyncio
import json

import pytest
from support.live_service import LiveService

from neuropose_ray.errors import RequestError
from neuropose_ray.service.live.compat import CompatibleDialect

PAYLOAD = {"subscriptionIdentifier": "display-1;camera-7", "rtspUrl": "rtsp://10.0.0.7/one"}


def read(**message: object):
    return CompatibleDialect().read(json.dumps(message))


def test_a_subscription_names_its_camera_and_prefers_rtsp():
    message = read(type="subscribe", payload={**PAYLOAD, "snapshotUrl": "http://10.0.0.7/jpg"})
    assert (message.source.url, message.source.kind, message.camera.id) == ("rtsp://10.0.0.7/one", "auto", "camera-7")
    snapshots = {"subscriptionIdentifier": "d;c", "snapshotUrl": "http://10.0.0.7/jpg", "modelUrl": "/b/x.zip"}
    message = read(type="subscribe", payload={**snapshots, "cropX1": 1, "cropY1": 2, "cropX2": 30, "cropY2": 40})
    assert (message.source.kind, message.crop, message.pipeline) == ("snapshot", (1, 2, 30, 40), "/b/x.zip")


@pytest.mark.parametrize("payload", [
    {**PAYLOAD, "subscriptionIdentifier": "camera-7"}, {**PAYLOAD, "subscriptionIdentifier": ";"},
    {**PAYLOAD, "subscriptionIdentifier": 7}, {"subscriptionIdentifier": "d;c"}, {**PAYLOAD, "cropX1": 5},
    {**PAYLOAD, "cropX1": 9, "cropY1": 0, "cropX2": 5, "cropY2": 5}, {**PAYLOAD, "rtspUrl": ""},
])  # fmt: skip
def test_a_subscription_that_is_not_clear_is_refused(payload):
    with pytest.raises(RequestError):
        read(type="subscribe", payload=payload)


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "7", "[" * 100_000, '{"type": "dance"}', '{"type": "subscribe", "payload": 3}', "null"]
)
def test_what_is_no_message_is_refused(text):
    with pytest.raises(RequestError):
        CompatibleDialect().read(text)


def test_an_older_client_is_served_without_acknowledgements(live: LiveService):
    (folder,) = live.settings.service.live.files
    url = f"file://{folder}/field/leaves_and_returns.mp4"

    async def talk() -> list[dict]:
        async with live.connected("/v1/live/compat") as client:
            await client.say(type="subscribe", payload={**PAYLOAD, "rtspUrl": url})
            answers = [await client.hear("subscribeAck")]
            answers.append([await client.hear("imageDetection", ack=False) for _ in range(4)][-1])
            await client.say(type="requestState")
            answers.append(await client.hear("stateReport"))
            name = PAYLOAD["subscriptionIdentifier"]
            await client.say(type="setSessionId", payload={"subscriptionIdentifier": name, "sessionId": "s1"})
            answers.append(await client.hear("setSessionIdAck"))
            await client.say(type="patchSession", payload={"sessionId": "s1", "data": {"a": 1}})
            answers.append(await client.hear("patchSessionAck"))
            await client.say(type="unsubscribe", payload={"subscriptionIdentifier": name})
            answers.append(await client.hear("unsubscribeAck"))
            return answers

    subscribed, detection, state, session, patched, unsubscribed = asyncio.run(talk())
    assert subscribed == {"type": "subscribeAck", "status": "success", "subscriptionId": "display-1;camera-7"}
    (person,) = detection["payload"]["detections"]
    assert set(person) == {"class_name", "confidence", "bounding_box", "track_id", "timestamp"}
    assert detection["payload"]["modelInfo"]["modelName"] == "grey"
    assert state["payload"]["streams"][0]["state"] == "active"
    assert session["payload"]["sessionId"] == "s1"
    assert patched["payload"]["data"] == {"a": 1}
    assert unsubscribed["status"] == "success"
