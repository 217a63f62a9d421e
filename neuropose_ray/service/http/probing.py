"""A look at every uploaded video before its job is accepted, in a process that a hostile file may take down."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

from neuropose_ray.cluster import task_result
from neuropose_ray.errors import IngestError, NeuroposeRayError, TooLargeError, VideoError
from neuropose_ray.service.frame_archives import is_archive_name, look_at_frames
from neuropose_ray.service.settings import ArchiveSettings, UploadSettings

#: A file of the largest size is read through once, for its packets' times, and once for its digest.
_PATIENCE_S = 900.0


async def check_videos(folder: Path, names: list[str], limits: UploadSettings, archives: ArchiveSettings) -> None:
    """Refuse what is no video or archive of pictures, too long, or of too many pixels.

    Raises:
        VideoError: one cannot be read; it is named.
        IngestError: an archive cannot be used; it is named.
        TooLargeError: one is beyond the limits.
    """
    for name in names:
        await _check_one(folder, name, limits, archives)


async def _check_one(folder: Path, name: str, limits: UploadSettings, archives: ArchiveSettings) -> None:
    import ray
    from ray.exceptions import RayError, RayTaskError

    # On the node of the upload; a crash is not tried again.
    own_node = ray.util.scheduling_strategies.NodeAffinitySchedulingStrategy(
        ray.get_runtime_context().get_node_id(), soft=False
    )
    task: Any = ray.remote(measures).options(
        name=f"look at {name}", num_cpus=0, max_retries=0, scheduling_strategy=own_node
    )
    try:
        async with asyncio.timeout(_PATIENCE_S):
            duration_s, pixels = await task_result(task.remote(str(folder / name), archives))
    except RayTaskError as error:
        if isinstance(error.cause, IngestError):
            raise type(error.cause)(error.cause.what, where=name, hint=error.cause.hint) from error
        if isinstance(error.cause, NeuroposeRayError):
            raise VideoError(f"{name}: {error.cause.what}", hint=error.cause.hint) from error
        raise
    except TimeoutError as error:
        raise VideoError(f"{name}: it takes too long to read", hint="convert it to H.264") from error
    except RayError as error:
        raise VideoError(f"{name}: reading it ends in a crash", hint="convert it to H.264") from error
    require_within(limits, name, duration_s, pixels)


def require_within(limits: UploadSettings, name: str, duration_s: float, pixels: int) -> None:
    """Refuse a video that is longer, or whose frames have more pixels, than a service takes.

    Raises:
        TooLargeError: it is.
    """
    if duration_s > limits.max_duration_s:
        raise TooLargeError(f"{duration_s:.1f} s, more than {limits.max_duration_s:g}", where=name, hint="cut it")
    if pixels > limits.max_pixels:
        raise TooLargeError(f"{pixels} pixels a frame, more than {limits.max_pixels}", where=name, hint="scale it")


def measures(path: str, archives: ArchiveSettings) -> tuple[float, int]:
    """The duration in seconds of a video, from its first frame to its last, and the pixels of a frame.

    Of an archive of pictures, which have no times, those of the rate that is assumed, and of the first picture.

    Raises:
        VideoError: it cannot be read.
        IngestError: the archive cannot be used.
    """
    from neuropose_ray.video import VideoSettings, decode_image, open_source, probe

    if is_archive_name(path):
        frames, content = look_at_frames(Path(path), archives)
        height, width = decode_image(content, Path(path).name).shape[:2]
        return (frames - 1) / VideoSettings().image_fps, height * width
    info = probe(open_source(Path(path)))
    return float(info.timestamps_s[-1] - info.timestamps_s[0]), info.width * info.height
