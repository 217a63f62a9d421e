"""Arguments of the commands about jobs, checked and made into what the service takes."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, cast, get_args

from neuropose_ray.errors import InputNotFoundError, RequestError, SettingsError
from neuropose_ray.schemas.job_names import ENDED, JobState, StepKind

if TYPE_CHECKING:
    from neuropose_ray.schemas.jobs import JobOptions, JobWebhook
    from neuropose_ray.service import ServiceClient

#: Newest jobs, and newest batches, among which a beginning of an id is looked for.
_JOBS_LOOKED_THROUGH, _BATCHES_LOOKED_THROUGH = 5000, 500
_ID_LETTERS = 32


def whole_id(service: ServiceClient, given: str) -> str:
    """The id of a job that begins so; where it is whole already the service is not asked.

    Raises:
        RequestError: no job's id begins so, or several do.
    """
    ids = (job.id for job in service.jobs(limit=_JOBS_LOOKED_THROUGH))
    return _only_match(given, ids, "job", "`neuropose-ray jobs list`")


def whole_batch_id(service: ServiceClient, given: str) -> str:
    """The same of a batch.

    Raises:
        RequestError: no batch's id begins so, or several do.
    """
    ids = (batch.id for batch in service.batches(_BATCHES_LOOKED_THROUGH))
    return _only_match(given, ids, "batch", "`neuropose-ray jobs batches list`")


def _only_match(given: str, ids: Iterable[str], kind: str, command: str) -> str:
    if len(given) >= _ID_LETTERS:
        return given
    matches = [name for name in ids if name.startswith(given)]
    if len(matches) == 1:
        return matches[0]
    plural = "batches" if kind == "batch" else f"{kind}s"
    what = f"no {kind}'s id begins so" if not matches else f"{len(matches)} {plural}' ids begin so"
    raise RequestError(what, where=given, hint=f"see {command}")


def state_of(given: str | None) -> JobState | None:
    """The state of this name, None for none.

    Raises:
        SettingsError: there is no such state.
    """
    states: tuple[JobState, ...] = ("queued", "running", *ENDED)
    if given is None:
        return None
    for state in states:
        if state == given:
            return state
    raise SettingsError(f"there is no state {given!r}", where="--state", hint=f"one of {', '.join(states)}")


def webhook_of(url: str | None, secret: str | None) -> JobWebhook | None:
    """The webhook of a job, None without a URL.

    Raises:
        SettingsError: the URL or the secret cannot be one.
    """
    from pydantic import ValidationError

    from neuropose_ray.faults import faults
    from neuropose_ray.schemas.jobs import JobWebhook

    if url is None:
        return None
    try:
        return JobWebhook(url=url, secret=secret)
    except ValidationError as error:
        key, _, what = faults(error, JobWebhook)[0].partition(": ")
        where = "--webhook-secret" if key == "secret" else "--webhook"
        raise SettingsError(what, where=where, hint="see `jobs submit --help`") from error


def options_of(**given: object) -> JobOptions:
    """The options of a job; an error names the flag of the command.

    Raises:
        SettingsError: a value is not possible.
    """
    from pydantic import ValidationError

    from neuropose_ray.faults import faults
    from neuropose_ray.schemas.jobs import JobOptions

    try:
        return JobOptions.model_validate(given)
    except ValidationError as error:
        key, _, what = faults(error, JobOptions)[0].partition(": ")
        where = "--" + {"height_m": "height", "field_of_view_degrees": "fov"}.get(key, key).replace("_", "-")
        raise SettingsError(what, where=where, hint="see `jobs submit --help`") from error


def calibration_text(path: Path) -> str:
    """The text of a calibration file.

    Raises:
        InputNotFoundError: there is no such file, or it is no text.
    """
    from neuropose_ray.yaml_files import settings_text

    try:
        return settings_text(path)
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "not a text file"
        raise InputNotFoundError(reason, where=str(path), hint="check --calibration") from error
    except ValueError as error:
        raise InputNotFoundError(str(error), where=str(path), hint="check --calibration") from error


def step_of(given: str | None) -> StepKind | None:
    """The kind of step of this name, None for none.

    Raises:
        SettingsError: there is no such kind.
    """
    kinds = get_args(StepKind)
    if given is not None and given not in kinds:
        raise SettingsError(f"there is no step {given!r}", where="--step", hint=f"one of {', '.join(kinds)}")
    return cast("StepKind | None", given)


def label_of(given: str) -> tuple[str, str]:
    """Name and value of a label, of ``name=value``.

    Raises:
        SettingsError: it is not of this form.
    """
    name, equals, value = given.partition("=")
    if not equals or not name:
        raise SettingsError(f"{given!r} is not name=value", where="--label", hint="such as patient=p07")
    return name, value
