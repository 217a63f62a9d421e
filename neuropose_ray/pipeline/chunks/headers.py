"""The descriptions that a chunk's and a video's predictions carry."""

from __future__ import annotations

import json

import numpy as np
from numpy.typing import NDArray

from neuropose_ray.models import ModelInfo
from neuropose_ray.pipeline.planning.plan import ChunkTask, VideoPlan
from neuropose_ray.schemas.header import PredictionsHeader, TrackReturn, VideoMetadata
from neuropose_ray.schemas.provenance import Provenance
from neuropose_ray.schemas.skeleton import Skeleton
from neuropose_ray.video import VideoInfo


def chunk_header(task: ChunkTask, model: ModelInfo, frames: int) -> PredictionsHeader:
    """The description of a chunk's predictions, of ``frames`` frames."""
    info = task.video.info
    return PredictionsHeader(
        metadata=_metadata(info, frames, info.fps),
        skeleton=model.skeleton,
        camera=task.video.camera,
        provenance=Provenance.record(
            model_name=model.name,
            model_sha256=model.sha256,
            model_filename=model.filename,
            runtime=model.runtime,
            device=model.device,
            skeleton=model.skeleton.name,
            video_sha256=info.sha256,
            settings={model.name: json.loads(model.settings)},
        ),
    )


def video_header(
    plan: VideoPlan,
    times: NDArray[np.float64],
    skeleton: Skeleton,
    provenance: Provenance | None,
    returns: tuple[TrackReturn, ...] = (),
    capture_fps: float | None = None,
) -> PredictionsHeader:
    """The description of a video's predictions.

    Args:
        plan: what is known of the video.
        times: ``(frames,)`` of all frames that could be decoded, s.
        skeleton: of the poses.
        provenance: of the poses.
        returns: who was away and kept a track.
        capture_fps: frames per second at which a slowed-down clip was taken; None where its times are true.
    """
    fps = (len(times) - 1) / (times[-1] - times[0]) if len(times) > 1 else 0.0
    metadata = _metadata(plan.info, len(times), float(fps), _image_names(plan.info, times), capture_fps)
    skipped = _stretches(np.isin(times, np.array(plan.skipped_s)))
    notes = (*metadata.notes, *interpolation_note(plan, times))
    if skipped:
        count = sum(last - first + 1 for first, last in skipped)
        notes = (*notes, f"No poses were looked for in {count} frames that show nothing new.")
    changes: dict[str, object] = {"returns": returns, "skipped_frames": skipped, "notes": notes}
    if plan.rate is not None:
        changes |= {"rate": plan.rate, "interpolated_frames": _stretches(~plan.is_analysed(times))}
    return PredictionsHeader(
        metadata=metadata.model_copy(update=changes),
        skeleton=skeleton,
        camera=plan.camera,
        provenance=provenance,
    )


def interpolation_note(plan: VideoPlan, times: NDArray[np.float64]) -> tuple[str, ...]:
    """That poses of some frames are interpolated, in a sentence; empty where none are."""
    if plan.rate is None:
        return ()
    count = int(plan.is_analysed(times).sum())
    return (
        f"Poses were looked for in {count} of {len(times)} frames, at most {plan.rate:g} a second; those of the "
        "frames between are interpolated.",
    )


def _stretches(mask: NDArray[np.bool_]) -> tuple[tuple[int, int], ...]:
    """First and last position of each run of true values."""
    edges = np.flatnonzero(np.diff(mask.astype(np.int8), prepend=0, append=0)).tolist()
    return tuple((first, end - 1) for first, end in zip(edges[::2], edges[1::2], strict=True))


def _image_names(info: VideoInfo, times_s: NDArray[np.float64]) -> tuple[str, ...]:
    """The file names of the pictures at these times; some of the folder's may have been unreadable."""
    if not info.image_names:
        return ()
    return tuple(info.image_names[index] for index in np.searchsorted(info.timestamps_s, times_s).tolist())


def _metadata(
    info: VideoInfo, frames: int, fps: float, image_names: tuple[str, ...] = (), capture_fps: float | None = None
) -> VideoMetadata:
    return VideoMetadata(
        frame_count=frames,
        fps=fps,
        width=info.width,
        height=info.height,
        filename=info.source.path.name,
        rotation_degrees=info.rotation_degrees,
        notes=info.notes,
        image_names=image_names,
        capture_fps=capture_fps,
    )
