"""What a client asks for with ``POST /v1/jobs``, read from the body of its request."""

from __future__ import annotations

import tomllib
import uuid
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Annotated, Any

from pydantic import ConfigDict, Field, ValidationError

from neuropose_ray.errors import RequestError, TooLargeError
from neuropose_ray.schemas.immutable import FrozenModel
from neuropose_ray.schemas.job_names import STANDARD_NAME
from neuropose_ray.schemas.jobs import (
    DeadlineS,
    JobId,
    JobInput,
    JobOptions,
    JobRequest,
    JobWebhook,
    Label,
    LabelName,
)
from neuropose_ray.schemas.json_text import parsed_json
from neuropose_ray.service.http.bodies import SETTINGS_VALUES, read_json
from neuropose_ray.service.http.errors import faults
from neuropose_ray.service.http.multipart import MAX_FIELD_BYTES, MAX_FIELDS, PartBegin, PartData, read_form
from neuropose_ray.service.http.uploads import Upload

#: Of a job without uploaded files: a list of URIs and some labels.
MAX_JSON_BYTES = 1 << 20
_NAMESPACE = uuid.UUID("0b6d7a36-3f0e-4d0c-9a57-1c2b7d8e9f04")


class NamedInput(FrozenModel):
    """An input that the service reads where it lies."""

    uri: Annotated[str, Field(max_length=2000, examples=["s3://clips/trials/walk.mp4"])]


class Submission(FrozenModel):
    """What a job is to do, beside its uploaded files."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"inputs": [{"uri": "s3://clips/walk.mp4"}], "labels": {"patient": "p07"}}]}
    )

    workflow: str = Field(default=STANDARD_NAME, max_length=200, description="a name of the service's workflows")
    priority: int = Field(default=5, ge=0, le=10, description="10 is done first")
    labels: dict[LabelName, Label] = Field(default_factory=dict, max_length=20)
    inputs: tuple[NamedInput, ...] = Field(default=(), max_length=1000)
    options: JobOptions = JobOptions()
    webhook: JobWebhook | None = Field(default=None, description="is told when the job has ended")
    batch: JobId | None = Field(
        default=None,
        description="32 hexadecimal digits of your choice: jobs of one batch are listed, waited for and cancelled "
        "together, see `/v1/batches`",
    )
    deadline_s: DeadlineS | None = Field(
        default=None,
        description="seconds after which the job fails with the code `deadline` where it has not ended; what runs of "
        "it is stopped",
    )


def submission_schema() -> dict[str, Any]:
    """The JSON schema of a submission, whole in itself."""
    schema = Submission.model_json_schema()
    definitions = schema.pop("$defs")
    schema["properties"]["inputs"]["items"] = definitions[NamedInput.__name__]
    schema["properties"]["options"] = definitions[JobOptions.__name__]
    schema["properties"]["webhook"]["anyOf"][0] = definitions[JobWebhook.__name__]
    return schema


def job_id(caller: str, key: str | None) -> str:
    """The id of a new job; the same for the same caller and Idempotency-Key, however often it asks."""
    return (uuid.uuid4() if key is None else uuid.uuid5(_NAMESPACE, f"{caller}\n{key}")).hex


def job_request(name: str, owner: str, submission: Submission, inputs: list[JobInput]) -> JobRequest:
    """The whole request.

    Args:
        name: the job's id.
        owner: the name of the token.
        submission: what is to be done.
        inputs: with what.

    Raises:
        RequestError: no input, or two of one name.
    """
    if not inputs:
        raise RequestError("a job without an input", hint="upload a video, or name one by its URI")
    _check_calibration(submission.options)
    try:
        return JobRequest(
            id=name,
            workflow=submission.workflow,
            inputs=tuple(inputs),
            priority=submission.priority,
            labels=submission.labels,
            owner=owner,
            options=submission.options,
            webhook=submission.webhook,
            batch=submission.batch,
            deadline_s=submission.deadline_s,
            submitted_at=datetime.now(UTC),
        )
    except ValidationError as error:
        raise RequestError(faults(error.errors())) from error


def _check_calibration(options: JobOptions) -> None:
    """Refuse what is no calibration while the client is there; which camera of it counts depends on the video.

    Raises:
        RequestError: it is not TOML, or has no camera.
    """
    if options.calibration is None:
        if options.calibration_camera is not None:
            raise RequestError("a camera without a calibration", where="calibration_camera", hint="send both")
        return
    try:
        parts = tomllib.loads(options.calibration)
    except (ValueError, RecursionError) as error:
        raise RequestError("not TOML", where=_CALIBRATION, hint="give a Pose2Sim calibration") from error
    if not any(isinstance(part, dict) and "matrix" in part for part in parts.values()):
        raise RequestError("no camera in it", where=_CALIBRATION, hint="give a Pose2Sim calibration")


async def read_json_submission(body: AsyncIterator[bytes]) -> Submission:
    """The submission in a JSON body.

    Raises:
        RequestError: not JSON, or not a submission.
        TooLargeError: it holds more values than a list of URIs may.
    """
    content = await read_json(body, SETTINGS_VALUES)
    try:
        return Submission.model_validate_json(bytes(content), strict=True)
    except ValidationError as error:
        raise RequestError(faults(error.errors()), hint="see /docs") from error


async def read_upload(content_type: str, body: AsyncIterator[bytes], upload: Upload) -> Submission:
    """The submission in a form; its files go to ``upload`` as they come, fields may stand before or behind them.

    Fields: ``workflow``, ``priority``, ``labels`` (a JSON object), ``uri`` as often as wanted, ``webhook`` (a URL, or
    a JSON object), ``batch``, ``deadline_s``, and those of :class:`~neuropose_ray.schemas.jobs.JobOptions`. A
    calibration may be sent as a file.

    Raises:
        RequestError: not such a form, an unknown field, a file name that cannot be used.
        TooLargeError: files or fields beyond the limits.
        StorageFullError: no room for it.
    """
    fields: dict[str, Any] = {}
    options: dict[str, str] = {}
    uris: list[dict[str, str]] = []
    name, value, is_file, parts = "", bytearray(), False, 0
    async for event in read_form(content_type, body):
        if isinstance(event, PartBegin):
            name, value, parts = event.name, bytearray(), parts + 1
            is_file = event.filename is not None and name != _CALIBRATION
            if parts > MAX_FIELDS:
                raise TooLargeError(f"more than {MAX_FIELDS} parts in a form", hint="submit several jobs")
            if is_file:
                upload.begin(event.filename or "")
        elif isinstance(event, PartData) and is_file:
            await upload.write(event.data)
        elif isinstance(event, PartData):
            value += event.data
            if len(value) > MAX_FIELD_BYTES:
                raise TooLargeError(f"more than {MAX_FIELD_BYTES} bytes", where=name[:60])
        elif is_file:
            await upload.end()
        elif name == "uri":
            uris.append({"uri": _field_text(name, value)})
        elif name in JobOptions.model_fields and name not in options:
            options[name] = _field_text(name, value)
        elif name in fields or name not in _PLAIN_FIELDS:
            raise RequestError("an unknown field, or one twice", where=name[:60], hint=_FIELDS)
        else:
            fields[name] = _field_text(name, value)
    if "labels" in fields:
        fields["labels"] = _json_field("labels", fields["labels"])
    if "webhook" in fields:
        text = fields["webhook"]
        fields["webhook"] = _json_field("webhook", text) if text.lstrip().startswith("{") else {"url": text}
    try:
        return Submission.model_validate({**fields, "inputs": uris, "options": options})
    except ValidationError as error:
        raise RequestError(faults(error.errors()), hint=_FIELDS) from error


_CALIBRATION = "calibration"
_PLAIN_FIELDS = ("workflow", "priority", "labels", "webhook", "batch", "deadline_s")
_FIELDS = f"fields are {', '.join(_PLAIN_FIELDS)}, uri, {', '.join(JobOptions.model_fields)}"


def _field_text(name: str, value: bytearray) -> str:
    try:
        return value.decode("utf-8")
    except UnicodeDecodeError as error:
        raise RequestError("not UTF-8", where=name, hint=_FIELDS) from error


def _json_field(name: str, text: str) -> object:
    try:
        return parsed_json(text)
    except ValueError as error:
        example = {"labels": '{"patient": "p07"}', "webhook": '{"url": "https://host/path"}'}[name]
        raise RequestError("not JSON", where=name, hint=f"give an object: {example}") from error
