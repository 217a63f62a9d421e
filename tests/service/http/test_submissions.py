"""What a client says of a job means the same as JSON and as a form."""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from neuropose_ray.errors import RequestError, TooLargeError
from neuropose_ray.schemas.jobs import JobInput, JobOptions, JobWebhook
from neuropose_ray.service.data_folder import DataFolder
from neuropose_ray.service.http.submissions import (
    Submission,
    job_id,
    job_request,
    read_json_submission,
    read_upload,
    submission_schema,
)
from neuropose_ray.service.http.uploads import Upload
from neuropose_ray.service.settings import UploadSettings

CALIBRATION = "[cam1]\nsize = [1920, 1080]\nmatrix = [[1000, 0, 960], [0, 1000, 540], [0, 0, 1]]\n"


async def streamed(content: bytes) -> AsyncIterator[bytes]:
    for start in range(0, len(content), 1000):
        yield content[start : start + 1000]


def from_json(**content: object) -> Submission:
    return asyncio.run(read_json_submission(streamed(json.dumps(content).encode())))


def from_form(folder: Path, *parts: tuple[str, str | None, str]) -> Submission:
    data = DataFolder(folder)
    data.create()
    body = ""
    for name, filename, value in parts:
        file = "" if filename is None else f'; filename="{filename}"'
        body += f'--x\r\nContent-Disposition: form-data; name="{name}"{file}\r\n\r\n{value}\r\n'
    upload = Upload(data, UploadSettings(), 0)
    return asyncio.run(
        read_upload("multipart/form-data; boundary=x", streamed((body + "--x--\r\n").encode()), upload)
    )


def test_options_are_the_same_as_json_and_as_a_form(tmp_path: Path):
    options = {
        "model": "metrabs", "height_m": 1.84, "field_of_view_degrees": 70.5, "calibration": CALIBRATION,
        "calibration_camera": "cam1", "overlay": False, "blur_faces": True,
    }  # fmt: skip
    texts = [(name, value if isinstance(value, str) else json.dumps(value)) for name, value in options.items()]
    form = from_form(tmp_path, *((name, None, text) for name, text in texts))
    assert from_json(options=options).options == form.options == JobOptions(**options)


@pytest.mark.parametrize("secret", [None, "of this job alone"])
def test_a_webhook_is_the_same_as_json_and_as_a_form(tmp_path: Path, secret: str | None):
    webhook = {"url": "https://lab.example/hook", **({} if secret is None else {"secret": secret})}
    as_form = json.dumps(webhook) if secret else webhook["url"]
    form = from_form(tmp_path, ("webhook", None, as_form))
    assert from_json(webhook=webhook).webhook == form.webhook == JobWebhook(url=webhook["url"], secret=secret)
    request = job_request("0f" * 16, "anna", form, [JobInput(name="a.mp4")])
    assert request.webhook == form.webhook
    assert not request.same_work(request.model_copy(update={"webhook": None}))


@pytest.mark.parametrize(
    "webhook", ["ftp://lab.example", "lab.example", "https://", '{"url": 1}', "{", '{"secret": ""}']
)
def test_what_is_no_webhook_is_refused_by_name(tmp_path: Path, webhook: str):
    with pytest.raises(RequestError, match="webhook"):
        from_form(tmp_path, ("webhook", None, webhook))


def test_a_calibration_may_be_sent_as_a_file(tmp_path: Path):
    assert from_form(tmp_path, ("calibration", "camera.toml", CALIBRATION)).options.calibration == CALIBRATION


@pytest.mark.parametrize(
    "options",
    [{"height_m": 17}, {"height_m": "tall"}, {"overlay": "perhaps"}, {"field_of_view_degrees": 180}, {"fov": 60}],
)
def test_options_that_cannot_be_are_refused_by_name(options: dict[str, object], tmp_path: Path):
    ((name, value),) = options.items()
    with pytest.raises(RequestError, match=name):
        from_json(options=options)
    with pytest.raises(RequestError, match=name):
        from_form(tmp_path, (name, None, str(value)))


@pytest.mark.parametrize(
    "content", [{"priority": "7"}, {"options": {"overlay": 1}}, {"options": {"height_m": "1.8"}}]
)
def test_in_json_a_value_has_the_type_of_the_description(content: dict[str, object]):
    with pytest.raises(RequestError, match="should be a valid"):
        from_json(**content)


@pytest.mark.parametrize("text", ["not toml [", "a = 1", "[cam]\nsize = [1, 1]", "a" * 1000])
def test_what_is_no_calibration_is_refused_while_the_client_is_there(text: str):
    submission = Submission(options=JobOptions(calibration=text))
    with pytest.raises(RequestError, match="calibration"):
        job_request("0f" * 16, "anna", submission, [JobInput(name="a.mp4")])


def test_a_camera_of_no_calibration_is_refused():
    submission = Submission(options=JobOptions(calibration_camera="a"))
    with pytest.raises(RequestError, match="without a calibration"):
        job_request("0f" * 16, "anna", submission, [JobInput(name="a.mp4")])


def test_a_request_has_its_owner_and_options_and_one_with_others_is_other_work():
    inputs = [JobInput(name="a.mp4")]
    short, tall = (Submission(options=JobOptions(height_m=height)) for height in (1.5, 1.9))
    first, same, other = (job_request("0f" * 16, "anna", each, inputs) for each in (short, short, tall))
    assert (first.owner, first.options.height_m) == ("anna", 1.5)
    assert first.same_work(same)
    assert not first.same_work(other)


def test_a_list_of_very_many_values_ends_early():
    with pytest.raises(TooLargeError, match="values of JSON"):
        from_json(inputs=[{"uri": "a"}] * 5000)


def test_the_same_key_is_the_same_job_of_one_caller_alone():
    assert job_id("anna", "key") == job_id("anna", "key") != job_id("ben", "key")
    assert job_id("anna", None) != job_id("anna", None)


def test_the_schema_is_whole_in_itself():
    assert "$ref" not in json.dumps(submission_schema())
