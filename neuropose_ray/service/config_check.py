"""What is wrong with settings beyond their types, found without starting anything."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

from neuropose_ray.errors import NeuroposeRayError
from neuropose_ray.models import expected_model
from neuropose_ray.service.app import check_settings
from neuropose_ray.service.jobs.workflows import workflow_faults
from neuropose_ray.service.preflight import database_server
from neuropose_ray.service.settings import Settings


def service_faults(settings: Settings) -> tuple[str, ...]:
    """All that would keep the service from starting with these settings, a line each.

    The pose models are looked up and not fetched, and no database is connected to.
    """
    return tuple(_faults(settings))


def _faults(settings: Settings) -> Iterator[str]:
    service = settings.service
    wrong = workflow_faults(service.jobs.workflows)
    yield from (f"service.jobs.workflows: {fault}" for fault in wrong)
    if not wrong:  # which the check of the whole stops at
        yield from _raised(partial(check_settings, settings))
    yield from _raised(partial(database_server, service))
    for name in dict.fromkeys((settings.model, *service.models)):
        where = "model" if name == settings.model else "service.models"
        chosen = settings.model_copy(update={"model": name})
        yield from (f"{where}: {fault}" for fault in _raised(partial(expected_model, chosen)))


def _raised(check: Callable[[], object]) -> Iterator[str]:
    try:
        check()
    except NeuroposeRayError as error:
        yield str(error)
