"""What a run would do: counted from the inputs and the run's own files, with nothing written and nothing computed."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from pydantic import Field

from neuropose_ray.models import PoseModelSpec
from neuropose_ray.pipeline.engines.protocol import Engine
from neuropose_ray.pipeline.inputs.discovery import discover
from neuropose_ray.pipeline.inputs.local_copies import RemoteObject
from neuropose_ray.pipeline.planning.planner import named_videos, plan_videos, planner_for
from neuropose_ray.pipeline.settings import RunSettings
from neuropose_ray.pipeline.state.manifest import Manifest, State
from neuropose_ray.pipeline.state.run_layout import manifest_folder, state_folder
from neuropose_ray.pipeline.state.run_state import read_run_state
from neuropose_ray.pipeline.state.summary import VideoResult
from neuropose_ray.schemas.immutable import FrozenModel
from neuropose_ray.words import counted

#: BlazePose's frames per second on one core of a cloud machine with one person in full view, for a folder in which
#: nothing was computed yet.
_BLAZEPOSE_FRAMES_PER_S = 20.0
#: The same where every frame is seen twice.
_MIRRORED_FRAMES_PER_S = 10.0


class RunPlan(FrozenModel):
    """What there is, what an earlier run has done of it, and what that leaves."""

    inputs: int
    unreadable: tuple[VideoResult, ...]
    not_videos: int
    not_fetched: int = Field(description="objects behind URLs without a copy here: their frames are not known yet")
    not_fetched_bytes: int
    videos: int = Field(description="inputs that can be read")
    videos_done: int
    videos_again: int = Field(description="whose files are made again from the poses in them, without a pose model")
    chunks: int = Field(description="of the videos that are not done")
    frames: int = Field(description="of all videos, as containers promise them")
    frames_done: int = Field(description="of finished videos and of chunks that are kept")
    hours: float = Field(description="of video, from the first frames to the last")
    hours_done: float = Field(description="of finished videos")
    fetches_weights: bool = Field(default=False, description="the pose model's are not on this machine yet")
    workers: int
    frames_per_s: float | None = Field(description="of all workers together, assumed")
    remaining_s: float | None = Field(description="estimated; None where there is nothing to go by")
    basis: str = Field(description="where the rate is from")


def plan_run(
    inputs: Sequence[Path],
    out: Path,
    *,
    settings: RunSettings,
    spec: PoseModelSpec,
    engine: Engine,
    remote: Sequence[RemoteObject] = (),
) -> RunPlan:
    """Look at all inputs as a run would, and count.

    Args:
        inputs: as of :func:`~neuropose_ray.pipeline.run.run`.
        out: the output that the run would have; it need not exist.
        settings: as of the run.
        spec: the pose model.
        engine: who looks at the inputs, and would do the work.
        remote: objects that would be fetched first.

    Raises:
        InputNotFoundError: an input does not exist, or a folder holds no video.
    """
    discovery = discover(inputs, out) if inputs else None
    known = Manifest.read(manifest_folder(out))
    videos = named_videos(discovery, known) if discovery else ()
    planner = planner_for(settings, spec, out, engine.workers, keep=False)
    manifest = Manifest.of(row for rows in plan_videos(videos, known, planner, engine) for row in rows)
    done: tuple[State, ...] = ("completed", "partial")
    readable: tuple[State, ...] = (*done, "planned")
    frames = round(manifest.total("frames", *readable))
    frames_done = round(manifest.total("frames", *done) + manifest.total("frames_marked", "planned"))
    rate, basis = _rate(out, settings, spec, engine.workers)
    return RunPlan(
        inputs=len(videos) + len(remote),
        unreadable=tuple(VideoResult.from_json(row.result) for row in manifest if row.state == "failed"),
        not_videos=len(discovery.not_videos) if discovery else 0,
        not_fetched=len(remote),
        not_fetched_bytes=sum(video.size_bytes for video in remote),
        videos=manifest.count(*readable),
        videos_done=manifest.count(*done),
        videos_again=len(manifest.with_kept_poses()),
        chunks=round(manifest.total("chunks", "planned")),
        frames=frames,
        frames_done=frames_done,
        hours=manifest.total("duration_s", *readable) / 3600,
        hours_done=manifest.total("duration_s", *done) / 3600,
        workers=engine.workers,
        frames_per_s=rate,
        # Of objects that nobody has seen yet the frames are not known.
        remaining_s=None if rate is None or remote else (frames - frames_done) / rate,
        basis=basis,
    )


def _rate(out: Path, settings: RunSettings, spec: PoseModelSpec, workers: int) -> tuple[float | None, str]:
    """Frames per second that all workers together may do, and how that is known."""
    before = read_run_state(state_folder(out))
    if before is not None and before.model == spec.name and (rate := before.frames_per_s) is not None:
        frames_per_s = rate / before.workers
        basis = f"the last run in this folder: {frames_per_s:.1f} frames per second and worker"
        return frames_per_s * workers, f"{basis} over {counted(before.frames_computed, 'frame')}"
    if spec.name != "blazepose":
        return None, f"nothing to go by: no run in this folder has used {spec.name} yet"
    frames_per_s = _MIRRORED_FRAMES_PER_S if settings.blazepose.mirror else _BLAZEPOSE_FRAMES_PER_S
    basis = (
        f"a guess: {frames_per_s:g} frames per second and worker, "
        "as on one core of a cloud machine with one person in view"
    )
    return frames_per_s * workers, f"{basis}; the truth may be several times more or less"
