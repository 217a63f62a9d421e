"""Pictures over HTTP, on the running service."""

import base64
import json
from pathlib import Path

import cv2
import httpx
import numpy as np
import pytest

from neuropose_ray.schemas.pose_replies import ModelDescription, PoseReply

pytestmark = [pytest.mark.ray, pytest.mark.serve]
JPEG = {"content-type": "image/jpeg"}


@pytest.fixture
def client(service) -> httpx.Client:
    with service.client() as client:
        yield client


@pytest.fixture(scope="module")
def person(test_data: Path) -> bytes:
    """A small picture with people."""
    image = cv2.imread(str(next((test_data / "images").glob("*.jpg"))))
    scale = 320 / max(image.shape)
    return cv2.imencode(".jpg", cv2.resize(image, (0, 0), fx=scale, fy=scale))[1].tobytes()


def people(response: httpx.Response) -> list[int]:
    assert response.status_code == 200, response.text
    return [len(frame.persons) for frame in PoseReply.model_validate_json(response.content).frames]


def without_times(response: httpx.Response) -> list[object]:
    frames = json.loads(response.content)["frames"]
    return [{name: value for name, value in frame.items() if name != "timing_ms"} for frame in frames]


def test_a_picture_a_form_and_json_give_the_same_at_both_entrances(client, service, person: bytes):
    raw = client.post("/v1/pose", content=person, headers=JPEG)
    behind_the_proxy = httpx.post(f"{service.proxied_url}/v1/pose", content=person, headers=JPEG, timeout=60)
    assert without_times(raw) == without_times(behind_the_proxy)
    form = client.post("/v1/pose", files={"anything": ("a.jpg", person)})
    text = base64.b64encode(person).decode()
    plain = client.post("/v1/pose", json={"frames": [text]})
    url = client.post("/v1/pose", json={"frames": [f"data:image/jpeg;base64,{text}"]})
    assert people(raw)[0] > 0
    assert without_times(raw) == without_times(form) == without_times(plain) == without_times(url)


def test_numbers_are_rounded_and_times_are_there(client, person: bytes):
    reply = PoseReply.model_validate_json(client.post("/v1/pose", content=person, headers=JPEG).content)
    (frame,) = reply.frames
    for numbers, decimals in ((frame.persons[0].poses2d, 1), (frame.persons[0].poses3d_mm, 1)):
        np.testing.assert_array_equal(np.round(numbers, decimals), numbers)
    assert 0 < frame.timing_ms.infer < frame.timing_ms.total <= reply.timing_ms.total


def test_one_broken_picture_leaves_the_others_valid_and_in_order(client, person: bytes):
    files = [("files", ("a.jpg", person)), ("files", ("b.jpg", b"no picture")), ("files", ("c.jpg", person))]
    response = client.post("/v1/pose", files=files, params={"timestamps_s": [0, 0.5, 1]})
    first, broken, last = people(response)
    assert first == last > broken == 0
    frames = response.json()["frames"]
    assert [frame["timestamp_s"] for frame in frames] == [0, 0.5, 1]
    assert frames[1]["error"]["code"] == "video_unreadable"
    assert "/" not in frames[1]["error"]["message"]


def test_unrelated_pictures_of_one_size_are_each_searched_on_their_own(client, test_data: Path):
    """People of one picture are not looked for in the next one, unless it is said to be the next frame."""
    folder = test_data / "images"
    names = ("tfjs_pose.jpg", "tfjs_three_people.jpg", "tfjs_coco_dogs_human_legs_only.jpg")
    pictures = [cv2.imencode(".png", cv2.resize(cv2.imread(str(folder / name)), (480, 360)))[1] for name in names]
    files = [("files", (name, picture.tobytes())) for name, picture in zip(names, pictures, strict=True)]
    alone = [without_times(client.post("/v1/pose", files=[file]))[0] for file in files]
    together = without_times(client.post("/v1/pose", files=files))
    assert [frame["persons"] for frame in together] == [frame["persons"] for frame in alone]
    followed = without_times(client.post("/v1/pose", files=files, params={"consecutive": True}))
    assert [frame["persons"] for frame in followed] != [frame["persons"] for frame in alone]


def test_more_pictures_than_go_in_one_message_give_the_same(client, person: bytes):
    files = [("files", ("a.jpg", person)), *[("files", ("b.jpg", b"no picture"))] * 16]
    first, *broken = without_times(client.post("/v1/pose", files=files))
    assert [first] == without_times(client.post("/v1/pose", content=person, headers=JPEG))
    assert all(frame["error"] for frame in broken)


def test_the_field_of_view_moves_people_nearer_or_farther(client, person: bytes):
    def depth(degrees: float) -> float:
        response = client.post("/v1/pose", content=person, headers=JPEG, params={"field_of_view_degrees": degrees})
        return np.mean([z for _, _, z in response.json()["frames"][0]["persons"][0]["poses3d_mm"]])

    assert depth(20) > 2 * depth(90)


@pytest.mark.parametrize(
    ("request_", "status", "words"),
    [
        ({"content": b""}, 422, "no picture"),
        ({"content": b"a", "headers": {"content-type": "text/plain"}}, 422, "text/plain is no picture"),
        ({"json": {"frames": []}}, 422, "frames"),
        ({"json": {"frames": ["%"]}}, 422, "frames.0"),
        ({"json": {"frames": ["QQ=="], "colour": 1}}, 422, "colour"),
        ({"content": b"{", "headers": {"content-type": "application/json"}}, 422, "Invalid JSON"),
        ({"content": b"a", "params": {"field_of_view_degrees": 200}}, 422, "field_of_view_degrees"),
        ({"content": b"a", "params": {"timestamps_s": [1, 2]}}, 422, "2 times for 1 pictures"),
        ({"content": b"a", "params": {"timestamps_s": "nan"}}, 422, "timestamps_s"),
        ({"files": {"a": ("a.jpg", b"a")}, "data": {"consecutive": "no"}}, 422, "consecutive is not a file"),
        ({"files": [("a", ("a.jpg", b"a"))] * 257}, 413, "more than 256 pictures"),
        ({"json": {"frames": ["QQ=="] * 257}}, 413, "more than 256 pictures"),
    ],
)
def test_what_is_not_well_formed_is_refused_with_words(client, request_: dict[str, object], status: int, words: str):
    response = client.post("/v1/pose", **request_)
    assert response.status_code == status, response.text
    problem = response.json()
    assert words in problem["message"]
    assert problem["code"] == ("too_large" if status == 413 else "request")


def test_the_model_says_what_its_numbers_are(client):
    model = ModelDescription.model_validate_json(client.get("/v1/pose/model").content)
    assert (model.model, model.device, model.units.poses3d_mm) == ("blazepose", "cpu", "mm")
    assert len(model.skeleton.joint_names) == 33


@pytest.mark.slow
def test_more_requests_than_may_wait_are_told_to_come_again(service, person: bytes):
    """As many as are taken have their people; all others hear when to come again."""
    import asyncio
    from collections import Counter

    async def ask_many() -> list[httpx.Response]:
        limits = httpx.Limits(max_connections=None)
        async with httpx.AsyncClient(base_url=service.url, timeout=120, limits=limits) as client:
            return await asyncio.gather(*(client.post("/v1/pose", content=person, headers=JPEG) for _ in range(200)))

    responses = asyncio.run(ask_many())
    states = Counter((response.status_code, response.headers.get("retry-after")) for response in responses)
    assert set(states) == {(200, None), (429, "1")}
    assert states[200, None] >= 32
    assert {tuple(people(response)) for response in responses if response.status_code == 200} == {
        tuple(people(next(response for response in responses if response.status_code == 200)))
    }


def test_openapi_describes_the_three_bodies_and_the_reply(client):
    schema = client.get("/openapi.json").json()
    post = schema["paths"]["/v1/pose"]["post"]
    assert {"multipart/form-data", "application/json", "image/jpeg"} <= set(post["requestBody"]["content"])
    assert post["responses"]["200"]["content"]["application/json"]["schema"]["$ref"].endswith("PoseReply")
    assert {"413", "422", "429", "503", "504"} <= set(post["responses"])
