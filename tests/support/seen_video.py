"""A video of two chunks that a synthetic pose model has seen, waiting to be put together."""

from dataclasses import dataclass
from pathlib import Path

from neuropose_ray.benchmark.synthetic import SCENE_FRAMES, SyntheticSpec, write_synthetic_video
from neuropose_ray.pipeline.assembly.assemble import Assembly
from neuropose_ray.pipeline.chunks.active_attempts import ActiveAttempts
from neuropose_ray.pipeline.chunks.worker import ChunkWorker
from neuropose_ray.pipeline.inputs.discovery import discover
from neuropose_ray.pipeline.planning.plan import ChunkRef, VideoPlan
from neuropose_ray.pipeline.planning.plan_file import read_plan
from neuropose_ray.pipeline.planning.planner import planner_for
from neuropose_ray.pipeline.state.manifest import ManifestRow
from neuropose_ray.service.settings import load_settings

SETTINGS = {"fit": False, "video": {"chunk_frames": SCENE_FRAMES}}


@dataclass(frozen=True, slots=True)
class SeenVideo:
    """A planned video whose chunks are committed.

    Attributes:
        assembly: of its run; fits nothing.
        row: of the plan.
        plan: as it waits on the disk.
    """

    assembly: Assembly
    row: ManifestRow
    plan: VideoPlan

    @property
    def folder(self) -> Path:
        return self.assembly.context.out / self.plan.name


def seen_video(folder: Path) -> SeenVideo:
    """Make one of 64 frames below a folder."""
    write_synthetic_video(folder / "in" / "walk.mp4", 2)
    planner = planner_for(load_settings(None, SETTINGS, environment={}), SyntheticSpec(0.0), folder / "out", 1)
    (row,) = planner([(video, None) for video in discover([folder / "in"]).videos()])
    worker = ChunkWorker(planner.assembly.context, ActiveAttempts(1))
    assert [worker(ChunkRef(row.name, index)).state for index in range(row.chunks)] == ["done", "done"]
    return SeenVideo(planner.assembly, row, read_plan(planner.assembly.context.plan_path(row.name)))
