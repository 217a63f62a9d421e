"""Workflows by name, each step's settings checked before any job is taken."""

from __future__ import annotations

import json
from collections.abc import Mapping
from types import MappingProxyType

from pydantic import ValidationError

from neuropose_ray.errors import RequestError, SettingsError
from neuropose_ray.faults import faults
from neuropose_ray.schemas.immutable import FrozenModel
from neuropose_ray.schemas.job_names import STANDARD_NAME, TEXT_NAME, StepKind
from neuropose_ray.schemas.workflows import STANDARD, WITH_TEXT, Step, Workflow
from neuropose_ray.service.jobs.steps.settings import (
    AnalyzeOptions,
    AnnotateOptions,
    CompareOptions,
    CurateOptions,
    ExportOptions,
    OverlayOptions,
    PoseOptions,
    ReportOptions,
    TextOptions,
)

#: What may stand below ``with`` of a step of each kind.
OPTIONS: Mapping[StepKind, type[FrozenModel]] = MappingProxyType(
    {
        "pose": PoseOptions,
        "analyze": AnalyzeOptions,
        "overlay": OverlayOptions,
        "report": ReportOptions,
        "export": ExportOptions,
        "text": TextOptions,
        "curate": CurateOptions,
        "compare": CompareOptions,
        "annotate": AnnotateOptions,
    }
)


class Workflows:
    """The workflows that jobs may name.

    Args:
        declared: by the settings; those that are built in are added where they are not declared.

    Raises:
        SettingsError: a key or value below ``with`` is wrong; workflow, step and key are named, all of them.
    """

    def __init__(self, declared: Mapping[str, Workflow]) -> None:
        self._named = {STANDARD_NAME: STANDARD, TEXT_NAME: WITH_TEXT, **declared}
        wrong = workflow_faults(declared)
        if wrong:
            raise SettingsError("; ".join(wrong), where="service.jobs.workflows", hint="correct them")

    def named(self, name: str) -> Workflow:
        """A workflow.

        Raises:
            RequestError: there is none of this name.
        """
        try:
            return self._named[name]
        except KeyError:
            known = ", ".join(sorted(self._named))
            raise RequestError(f"there is no workflow {name!r}", hint=f"there are: {known}") from None


def workflow_faults(declared: Mapping[str, Workflow]) -> list[str]:
    """What is wrong below ``with`` in workflows, a line each that names workflow, step and key."""
    return [
        f"workflow {name!r}, step {number} ({step.kind}): {fault}"
        for name, workflow in declared.items()
        for number, step in enumerate(workflow.steps, 1)
        for fault in _faults(step)
    ]


def options_of(step: Step) -> FrozenModel:
    """The settings of a step.

    Raises:
        SettingsError: they were checked by an older version, and are wrong for this one.
    """
    wrong = _faults(step)
    if wrong:
        raise SettingsError("; ".join(wrong), where=f"step {step.kind}", hint="submit the job anew")
    return _validated(step)


def _faults(step: Step) -> list[str]:
    try:
        _validated(step)
    except ValidationError as error:
        return faults(error, OPTIONS[step.kind])
    return []


def _validated(step: Step) -> FrozenModel:
    # From text, since JSON has lists where the settings have tuples.
    text = json.dumps(step.model_dump(mode="json", by_alias=True)["with"])
    return OPTIONS[step.kind].model_validate_json(text)
