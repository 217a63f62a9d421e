"""Predictions and reports of older versions, NeuroPose's 1 and 2, brought to the present one step by step."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from neuropose_ray.errors import FutureSchemaError, MigrationError, MigrationNotFoundError
from neuropose_ray.schemas.header import SCHEMA_VERSION
from neuropose_ray.schemas.skeletons import BERKELEY_MHAD_43, skeleton_for_joint_count

logger = logging.getLogger(__name__)

#: A JSON object as parsed.
Payload = dict[str, Any]

#: NeuroPose's; it never wrote another.
_FIRST_REPORT_VERSION = 2


def payload_version(payload: Mapping[str, object], where: str) -> int:
    """The version that a payload states, 1 if it states none.

    Raises:
        MigrationError: the version is not a whole number from 1.
        FutureSchemaError: the version is newer than this package knows.
    """
    version = payload.get("schema_version", 1)
    if not isinstance(version, int) or isinstance(version, bool) or version < 1:
        raise MigrationError(f"invalid schema_version {version!r}, not a whole number from 1", where=where)
    if version > SCHEMA_VERSION:
        raise FutureSchemaError(
            f"schema_version is {version}, newer than the {SCHEMA_VERSION} that this version reads",
            where=where,
            hint="update neuropose-ray",
        )
    return version


def migrate_video_predictions(payload: object, where: str) -> Payload:
    """One video's predictions in the present form, not yet validated; the argument stays as it is.

    Args:
        payload: a parsed JSON value.
        where: what an error names: the file, and the video in it.

    Raises:
        MigrationError: not an object, or its version is not a whole number from 1.
        FutureSchemaError: the version is newer than this package knows.
    """
    if not isinstance(payload, dict):
        raise MigrationError(f"predictions are an object in JSON, not {type(payload).__name__}", where=where)
    for version in range(payload_version(payload, where), SCHEMA_VERSION):
        logger.info("%s: migrating predictions from version %d to %d", where, version, version + 1)
        payload = _STEPS[version](payload) | {"schema_version": version + 1}
    return payload


def migrate_job_results(payload: object, where: str) -> dict[str, Payload]:
    """Every video of a job's results in the present form; see :func:`migrate_video_predictions`."""
    if not isinstance(payload, dict):
        raise MigrationError(f"results are an object in JSON, not {type(payload).__name__}", where=where)
    return {name: migrate_video_predictions(video, f"{where}: {name}") for name, video in payload.items()}


def migrate_analysis_report(payload: object, where: str) -> Payload:
    """An analysis report in the present form, not yet validated; the argument stays as it is.

    Raises:
        MigrationNotFoundError: it states no version, or 1: NeuroPose never wrote such a report.
        MigrationError: not an object, or its version is not a whole number from 1.
        FutureSchemaError: the version is newer than this package knows.
    """
    if not isinstance(payload, dict):
        raise MigrationError(f"an analysis report is an object in JSON, not {type(payload).__name__}", where=where)
    version = payload_version(payload, where)
    if version < _FIRST_REPORT_VERSION:
        raise MigrationNotFoundError(
            f"an analysis report of version {version} cannot be brought to version {SCHEMA_VERSION}",
            where=where,
            hint="is it a report? the first ones have schema_version 2",
        )
    if version < SCHEMA_VERSION:
        logger.info("%s: migrating an analysis report from version %d to %d", where, version, SCHEMA_VERSION)
        payload = payload | {"config": _with_neuroposes_rules(payload.get("config"))}
    return payload | {"schema_version": SCHEMA_VERSION}


def _with_neuroposes_rules(config: object) -> object:
    """What NeuroPose did without saying so, since it knew no other; what is malformed passes, as below."""
    if not isinstance(config, dict):
        return config
    segmentation, analysis = config.get("segmentation"), config.get("analysis")
    if isinstance(segmentation, dict):
        config = config | {"segmentation": segmentation | {"method": "valley_to_valley_v1"}}
    if isinstance(analysis, dict) and analysis.get("kind") == "dtw":
        config = config | {"analysis": analysis | {"warping": {"method": "fastdtw"}}}
    return config


def _add_provenance(payload: Payload) -> Payload:
    return {"provenance": None} | payload


def _add_skeleton_and_times(payload: Payload) -> Payload:
    """Version 2 stores neither; what is malformed passes and is refused by the validation after it."""
    frames, metadata = payload.get("frames"), payload.get("metadata")
    if not isinstance(frames, dict) or not isinstance(metadata, dict):
        return payload
    fps = metadata.get("fps")
    seconds = 1 / fps if isinstance(fps, int | float) and fps > 0 else None
    return payload | {
        "skeleton": _skeleton_of(frames),
        "camera": None,
        # NeuroPose's own time of a frame; without a frame rate there is none.
        "frames": {
            name: {"timestamp_s": None if seconds is None else index * seconds} | frame
            if isinstance(frame, dict)
            else frame
            for index, (name, frame) in enumerate(frames.items())
        },
    }


def _skeleton_of(frames: Payload) -> object:
    """The skeleton by the joint count of the first person; NeuroPose's default skeleton where nobody is seen."""
    for frame in frames.values():
        poses = frame.get("poses3d") if isinstance(frame, dict) else None
        if isinstance(poses, list) and poses and isinstance(poses[0], list) and poses[0]:
            return skeleton_for_joint_count(len(poses[0]))
    return BERKELEY_MHAD_43


#: What leads from each version to the next.
_STEPS: Mapping[int, Callable[[Payload], Payload]] = MappingProxyType(
    {1: _add_provenance, 2: _add_skeleton_and_times}
)
