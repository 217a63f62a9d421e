"""The camera of a video: from a calibration, a field of view, or an assumption."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pydantic import ValidationError

from neuropose_ray.errors import SettingsError
from neuropose_ray.faults import faults
from neuropose_ray.pipeline.settings import CameraSettings
from neuropose_ray.schemas.camera import Camera
from neuropose_ray.schemas.digest import file_sha256
from neuropose_ray.video import VideoInfo

# Sides of a scaled picture are rounded, by some encoders to even numbers.
_ROUNDING_PX = 1.0


def require_calibration(settings: CameraSettings) -> None:
    """Refuse a calibration that cannot be used for any video, before a run begins.

    Raises:
        SettingsError: it cannot be read, holds no camera, or not the one that is wanted.
    """
    if settings.calibration is None:
        return
    cameras = _read(settings.calibration)
    if not cameras:
        raise SettingsError("no camera in it", where=str(settings.calibration), hint="give a Pose2Sim calibration")
    if settings.calibration_camera is not None and settings.calibration_camera not in cameras:
        raise _no_camera(settings.calibration_camera, cameras, settings.calibration)


def calibration_digest(camera: CameraSettings) -> str:
    """The SHA-256 of a calibration file; empty where none is given, or it cannot be read."""
    if camera.calibration is None:
        return ""
    try:
        return file_sha256(camera.calibration)
    except OSError:
        return ""  # every video says that it cannot be read


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
        raise _no_camera(name or info.source.path.stem, cameras, path)
    try:
        width, height = (float(side) for side in cameras[name]["size"])
        matrix, distortion = cameras[name]["matrix"], cameras[name].get("distortions", ())
        scale = _scale(info, name, width, height, str(path))
        return Camera(
            width=info.width,
            height=info.height,
            focal_x=matrix[0][0] * scale,
            focal_y=matrix[1][1] * scale,
            centre_x=matrix[0][2] * scale,
            centre_y=matrix[1][2] * scale,
            distortion=tuple(distortion),
            source="calibration",
        )
    except KeyError as error:
        raise SettingsError(f"camera {name} is not complete: there is no {error}", where=str(path)) from error
    except ValidationError as error:
        raise SettingsError(f"camera {name}: {faults(error, Camera)[0]}", where=str(path)) from error
    except (TypeError, ValueError, IndexError, ZeroDivisionError) as error:
        raise SettingsError(f"camera {name} is not complete ({error})", where=str(path)) from error


def _no_camera(name: str, cameras: dict[str, Any], path: Path) -> SettingsError:
    hint = f"choose one of {', '.join(cameras)} with --calibration-camera"
    return SettingsError(f"no camera {name!r} in the calibration", where=str(path), hint=hint)


def _scale(info: VideoInfo, name: str, width: float, height: float, where: str) -> float:
    """How much larger the video is than its calibration: another resolution of the same picture.

    Raises:
        SettingsError: it is another part of the picture: a crop, padding, or turned. Where the lost part lay is not
            known, so that neither centre nor focal length can be told.
    """
    scale = max(info.width, info.height) / max(width, height)
    if max(abs(width * scale - info.width), abs(height * scale - info.height)) > _ROUNDING_PX:
        raise SettingsError(
            f"camera {name} is {width:.0f} x {height:.0f}, the video {info.width} x {info.height}: no scaling of it",
            where=where,
            hint="the sides must have the same ratio; give the uncropped video, or a calibration of this one",
        )
    return scale


def _read(path: Path) -> dict[str, Any]:
    import tomllib

    try:
        content = tomllib.loads(path.read_text("utf-8"))
    except OSError as error:
        raise SettingsError(error.strerror or str(error), where=str(path)) from error
    except (ValueError, RecursionError) as error:
        raise SettingsError(f"not TOML ({error})", where=str(path), hint="give a Pose2Sim calibration") from error
    return {name: part for name, part in content.items() if isinstance(part, dict) and "matrix" in part}


def _matching(cameras: dict[str, Any], stem: str) -> str | None:
    def plain(text: str) -> str:
        return "".join(letter for letter in text.lower() if letter.isalnum())

    named = [name for name in cameras if plain(name) == plain(stem)]
    return named[0] if named else next(iter(cameras)) if len(cameras) == 1 else None
