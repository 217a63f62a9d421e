"""What a client says of one job, worked into the steps of its workflow."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from neuropose_ray.errors import RequestError
from neuropose_ray.schemas.atomic import atomic_write_bytes
from neuropose_ray.schemas.job_names import StepKind
from neuropose_ray.schemas.jobs import JobOptions
from neuropose_ray.schemas.workflows import Step, Workflow


def with_options(workflow: Workflow, options: JobOptions, calibration: Path) -> Workflow:
    """The same as :func:`workflow_with`, once the calibration of the options is kept.

    Raises:
        OutputError: it cannot be written.
    """
    if options.calibration is not None:
        atomic_write_bytes(calibration, options.calibration.encode())
    return workflow_with(workflow, options, calibration)


def workflow_with(workflow: Workflow, options: JobOptions, calibration: Path) -> Workflow:
    """The workflow of one job: that of its name, with what the job's own options change of it.

    Args:
        workflow: as the service's settings have it.
        options: of the job; what is empty changes nothing.
        calibration: where the calibration of the options is kept.

    Raises:
        RequestError: it compares, and nobody says with what.
    """
    steps = list(workflow.steps)
    if options.overlay is False:
        steps = [step for step in steps if step.kind != "overlay"]
    elif options.overlay:
        steps = _with_step(steps, "overlay")
    if options.compare_with is not None:
        steps = _with_step(steps, "compare")
    steps = [_changed(step, options, calibration) for step in steps]
    for step in steps:
        if step.kind == "compare" and not {"job", "reference"} & step.with_.keys():
            raise RequestError("the workflow compares", where="compare_with", hint="name the job to compare with")
    return workflow.model_copy(update={"steps": tuple(steps)})


def _with_step(steps: list[Step], kind: StepKind) -> list[Step]:
    """The steps with one of this kind, before the report, which shows what it finds."""
    if any(step.kind == kind for step in steps):
        return steps
    before = next((index for index, step in enumerate(steps) if step.kind == "report"), len(steps))
    return [*steps[:before], Step(kind=kind), *steps[before:]]


def _changed(step: Step, options: JobOptions, calibration: Path) -> Step:
    changes = _CHANGES.get(step.kind)
    if changes is None:
        return step
    settings = {**step.model_dump(mode="json", by_alias=True)["with"]}
    for name, value in changes(options, calibration).items():
        settings[name] = {**(settings.get(name) or {}), **value} if isinstance(value, dict) else value
    return step.model_copy(update={"with_": Step(kind=step.kind, **{"with": settings}).with_})


def _of_pose(options: JobOptions, calibration: Path) -> dict[str, Any]:
    camera = _given(
        field_of_view_degrees=options.field_of_view_degrees,
        calibration=None if options.calibration is None else str(calibration),
        calibration_camera=options.calibration_camera,
    )
    return _given(
        model=options.model,
        height_m=options.height_m,
        capture_fps=options.capture_fps,
        rate=options.rate,
        camera=camera or None,
    )


def _of_overlay(options: JobOptions, _calibration: Path) -> dict[str, Any]:
    return _given(blur_faces=options.blur_faces)


def _of_report(options: JobOptions, _calibration: Path) -> dict[str, Any]:
    # The video in a report is an overlay.
    return _given(blur_faces=options.blur_faces, with_video=False if options.overlay is False else None)


def _of_compare(options: JobOptions, _calibration: Path) -> dict[str, Any]:
    return _given(job=options.compare_with)


def _given(**values: Any) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None}


_CHANGES: Mapping[StepKind, Any] = {
    "pose": _of_pose,
    "overlay": _of_overlay,
    "report": _of_report,
    "compare": _of_compare,
}
