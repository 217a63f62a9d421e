"""The camera of a video: from a calibration, a field of view, or an assumption."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from neuropose_ray.errors import SettingsError
from neuropose_ray.pipeline.settings import CameraSettings
from neuropose_ray.schemas.camera import Camera
from neuropose_ray.video.types import VideoInfo


def camera_of(info: VideoInfo, settings: CameraSettings, assumed_degrees: float) -> Camera:
    """The camera that took a video, in pixels of its upright frames.

    Raises:
        SettingsError: the calibration cannot be read or has no camera for this video.
    """
    if settings.calibration is not None:
        return _calibrated(info, settings.calibration, settings.calibration_camera)
    if settings.field_of_view_degrees is not None:
        return Camera.from_field_of_view(info.width, info.height, settings.field_of_view_degrees)
    return Camera.from_field_of_view(info.width, info.height, assumed_degrees, source="assumed")


def _calibrated(info: VideoInfo, path: Path, wanted: str | None) -> Camera:
    cameras = _read(path)
    name = wanted or _matching(cameras, info.source.path.stem)
    if name not in cameras:
        hint = f"choose one of {', '.join(cameras)} with --calibration-camera"
        raise SettingsError(
            f"no camera {name or info.source.path.stem!r} in the calibration", where=str(path), hint=hint
        )
    try:
        width, height = (float(side) for side in cameras[name]["size"])
        matrix, distortion = cameras[name]["matrix"], cameras[name].get("distortions", ())
        # A calibration of another resolution of the same sensor is scaled to the video's.
        across, down = info.width / width, info.height / height
        camera = Camera(
            width=info.width,
            height=info.height,
            focal_x=matrix[0][0] * across,
            focal_y=matrix[1][1] * down,
            centre_x=matrix[0][2] * across,
            centre_y=matrix[1][2] * down,
            distortion=tuple(distortion),
            source="calibration",
        )
    except (KeyError, TypeError, ValueError, IndexError, ValidationError) as error:
        raise SettingsError(f"camera {name} is not complete ({error})", where=str(path)) from error
    if abs(across / down - 1) > 0.02:
        raise SettingsError(
            f"camera {name} is {width:.0f} x {height:.0f}, the video {info.width} x {info.height}",
            where=str(path),
            hint="the sides must have the same ratio",
        )
    return camera


def _read(path: Path) -> dict[str, Any]:
    try:
        content = tomllib.loads(path.read_text("utf-8"))
    except OSError as error:
        raise SettingsError(error.strerror or str(error), where=str(path)) from error
    except ValueError as error:
        raise SettingsError(f"not TOML ({error})", where=str(path), hint="give a Pose2Sim calibration") from error
    return {name: part for name, part in content.items() if isinstance(part, dict) and "matrix" in part}


def _matching(cameras: dict[str, Any], stem: str) -> str | None:
    def plain(text: str) -> str:
        return "".join(letter for letter in text.lower() if letter.isalnum())

    named = [name for name in cameras if plain(name) == plain(stem)]
    return named[0] if named else next(iter(cameras)) if len(cameras) == 1 else None
