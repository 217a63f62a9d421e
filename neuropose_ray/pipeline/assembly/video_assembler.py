"""The assembly of one video as a task: from its row in the plan of a run to the row of a video that has files."""

from __future__ import annotations

from dataclasses import dataclass, replace

from neuropose_ray.errors import NeuroposeRayError, OutputError
from neuropose_ray.pipeline.assembly.assemble import Assembly
from neuropose_ray.pipeline.assembly.result_mirror import ResultStore
from neuropose_ray.pipeline.assembly.video_metrics import VideoMetrics
from neuropose_ray.pipeline.chunks.commit import ErrorRecord
from neuropose_ray.pipeline.inputs.signature import signature_of_outputs
from neuropose_ray.pipeline.planning.plan_file import read_plan
from neuropose_ray.pipeline.state.manifest import ManifestRow
from neuropose_ray.pipeline.state.manifest_results import with_result
from neuropose_ray.pipeline.state.summary import VideoResult


@dataclass(frozen=True, slots=True)
class VideoAssembler:
    """Assembles a video whose chunks were tried or whose poses are kept, in any process that sees them.

    Attributes:
        assembly: how, and where.
        store: gets the files of every video that is whole.
    """

    assembly: Assembly
    store: ResultStore | None = None

    def __call__(self, row: ManifestRow, failed: tuple[ErrorRecord, ...] = ()) -> ManifestRow:
        """The row of the finished video.

        Args:
            row: as it was planned.
            failed: what is said of the chunks that are missing.

        Raises:
            OutputError: no space or no permission.
        """
        try:
            plan = read_plan(self.assembly.context.plan_path(row.name))
            kept = row.poses_are_kept
            metrics = self.assembly.from_kept_poses(plan) if kept else self.assembly.from_chunks(plan, failed)
        except OutputError:
            raise
        except NeuroposeRayError as error:
            return with_result(row, VideoResult.failure(row.name, row.path, failed or [error]))
        if self.store is not None:
            self.store.store_video(row.name)
        return finished_row(row, self.assembly, metrics, computed=True)


def finished_row(row: ManifestRow, assembly: Assembly, metrics: VideoMetrics, *, computed: bool) -> ManifestRow:
    """The row of a video that has files."""
    row = replace(
        row,
        outputs=signature_of_outputs(assembly.files(row.name)),
        predictions_sha256=metrics.predictions_sha256,
    )
    return with_result(row, VideoResult.of(row.name, row.path, metrics, computed=computed))
