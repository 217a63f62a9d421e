"""What a client says of one job, worked into the steps of its workflow."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from neuropose_ray.schemas.job_names import StepKind
from neuropose_ray.schemas.jobs import JobOptions, Step, Workflow


def workflow_with(workflow: Workflow, options: JobOptions, calibration: Path) -> Workflow:
    """The workflow of one job: that of its name, with what the job's own options change of it.

    Args:
        workflow: as the service's settings have it.
        options: of the job; what is empty changes nothing.
        calibration: where the calibration of the options is kept.
    """
    steps = [_changed(step, options, calibration) for step in _chosen(workflow.steps, options.overlay)]
    return workflow.model_copy(update={"steps": tuple(steps)})


def _chosen(steps: tuple[Step, ...], overlay: bool | None) -> list[Step]:
    """The steps with an overlay, or without any."""
    if overlay is False:
        return [step for step in steps if step.kind != "overlay"]
    if overlay is None or any(step.kind == "overlay" for step in steps):
        return list(steps)
    # A report shows the overlay that it finds, so that this goes before it.
    before = next((index for index, step in enumerate(steps) if step.kind == "report"), len(steps))
    return [*steps[:before], Step(kind="overlay"), *steps[before:]]


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


def _given(**values: Any) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None}


_CHANGES: Mapping[StepKind, Any] = {"pose": _of_pose, "overlay": _of_overlay, "report": _of_report}
