"""From a video's poses to its files: tracked, fitted, and written as predictions, results and metrics."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from pydantic import JsonValue

from neuropose_ray.errors import VideoError
from neuropose_ray.fitting import FIT_VERSION, FittingSettings
from neuropose_ray.pipeline.assembly.colours import worn_colours
from neuropose_ray.pipeline.assembly.fit import depth_prior, fit_tracks, prior_version
from neuropose_ray.pipeline.assembly.interpolation import AnalysedFrames
from neuropose_ray.pipeline.assembly.video_metrics import VideoMetrics, read_metrics
from neuropose_ray.pipeline.assembly.video_poses import VideoPoses, join_chunks, kept_poses
from neuropose_ray.pipeline.chunks.commit import ErrorRecord
from neuropose_ray.pipeline.chunks.headers import interpolation_note, video_header
from neuropose_ray.pipeline.chunks.worker import RunContext
from neuropose_ray.pipeline.planning.plan import VideoPlan, digest_of
from neuropose_ray.pipeline.state.run_layout import SOURCE_FILE
from neuropose_ray.schemas.atomic import flush
from neuropose_ray.schemas.derived_files import replace_predictions
from neuropose_ray.schemas.digest import file_sha256
from neuropose_ray.schemas.frame_table import FRAMES_FILE, write_frames
from neuropose_ray.schemas.json_files import save_model
from neuropose_ray.schemas.neuropose_results import save_neuropose_results
from neuropose_ray.schemas.poses import PoseTable
from neuropose_ray.schemas.provenance import Provenance
from neuropose_ray.schemas.result_files import FITTING_FILE, METRICS_FILE, PREDICTIONS_FILE, RESULTS_FILE
from neuropose_ray.schemas.skeleton import Skeleton
from neuropose_ray.tracking import NOBODY, TRACKS_VERSION, TrackingSettings, Tracks, track

if TYPE_CHECKING:
    from neuropose_ray.pipeline.curation.frame_metrics import FrameMetrics

#: Raised where the same poses, tracks and fit are written in another way: then the files of finished videos are
#: written again, from the poses in them.
FILES_VERSION = 2


@dataclass(frozen=True, slots=True)
class Assembly:
    """How to put a video together, and where."""

    context: RunContext
    tracking: TrackingSettings
    fitting: FittingSettings | None
    workers: int
    capture_fps: float | None = None
    image_fps: float | None = None

    def with_products(self, plan: VideoPlan) -> VideoPlan:
        """The plan, in which what its folder lacks beside poses is wanted too."""
        if not self.context.products:
            return plan
        from neuropose_ray.pipeline.curation.frame_metrics import with_frame_metrics
        from neuropose_ray.pipeline.curation.frame_rows import numbers_key

        for product in self._measured():
            key = product.key(plan.info.sha256, plan.info.stream_index, self.image_fps)
            if numbers_key(self.context.out / plan.name / FRAMES_FILE) != key.digest:
                plan = with_frame_metrics(plan, product)
        return plan

    def _measured(self) -> list[FrameMetrics]:
        from neuropose_ray.pipeline.curation.frame_metrics import FrameMetrics

        return [product for product in self.context.products if isinstance(product, FrameMetrics)]

    def plan_key(self, plan: VideoPlan) -> str:
        """What identifies the files of a video."""
        return digest_of(*plan.keys, plan.info.source.path.name, self.settings_key())

    def settings_key(self) -> str:
        """What identifies the way from poses to files."""
        fit = self.fitting
        fitting = "" if fit is None else f"fit {FIT_VERSION} {fit.model_dump_json()} {prior_version(fit)}"
        if fit is not None and fit.height_source == "given":
            fitting += " height given"  # as the files say, also where it is the height that is assumed
        tracking = f"tracks {TRACKS_VERSION} {self.tracking.model_dump_json()}"
        slowed = () if self.capture_fps is None else (f"capture {self.capture_fps!r}",)
        return "|".join((tracking, fitting, f"files {FILES_VERSION}", *slowed))

    def files(self, name: str) -> tuple[Path, ...]:
        """What a finished video must have in its folder."""
        return tuple(self.context.out / name / file for file in (PREDICTIONS_FILE, RESULTS_FILE, METRICS_FILE))

    def finished(self, plan: VideoPlan) -> VideoMetrics | None:
        """The metrics of a video whose files are there, whole, undamaged and up to date, else None."""
        folder = self.context.out / plan.name
        metrics = read_metrics(folder / METRICS_FILE)
        if metrics is None or metrics.plan_key != self.plan_key(plan) or not (folder / RESULTS_FILE).exists():
            return None
        try:
            is_undamaged = file_sha256(folder / PREDICTIONS_FILE) == metrics.predictions_sha256
        except OSError:
            return None
        return metrics if is_undamaged else None

    def kept_poses(self, plan: VideoPlan) -> VideoPoses | None:
        """The poses in a video's files where they are what this plan would compute, else None."""
        return kept_poses(self.context.out / plan.name, plan)

    def from_chunks(self, plan: VideoPlan, failed: tuple[ErrorRecord, ...] = ()) -> VideoMetrics:
        """Join the committed chunks and write the video's files; ``failed`` are the chunks that are missing.

        Raises:
            VideoError: not one frame of the video could be decoded.
            OutputError: no space or no permission.
        """
        store = self.context.store(plan.name)
        self._write_frames(plan)
        metrics = self._write(plan, join_chunks(store, plan, failed, self.workers))
        if not failed:
            store.clear()
        return metrics

    def _write_frames(self, plan: VideoPlan) -> None:
        """Write what was measured of the frames, where all of it is there; else a run of curation measures them."""
        if not plan.products:  # runs of poses alone load nothing of curation
            return
        from neuropose_ray.pipeline.curation.frame_rows import frame_rows, header_of

        store = self.context.store(plan.name)
        for product in self._measured():
            keys = plan.products.get(product.name, ())
            if keys and all(store.committed(key) for key in keys):
                path, (table, _) = self.context.out / plan.name / FRAMES_FILE, frame_rows(store, plan, product)
                write_frames(path, table, header_of(plan, product, self.image_fps))

    def from_kept_poses(self, plan: VideoPlan) -> VideoMetrics:
        """Write the video's files again, from the poses in them.

        Raises:
            VideoError: the poses are no longer there.
            OutputError: no space or no permission.
        """
        poses = self.kept_poses(plan)
        if poses is None:
            what = "its earlier results were changed while they were read"
            raise VideoError(what, where=str(plan.info.source.path), hint="run the same command again")
        metrics = self._write(plan, poses)
        store = self.context.store(plan.name)
        if not store.marked(plan.keys):  # those of a partial video wait for another try of what it lacks
            store.clear()
        return metrics

    def _write(self, plan: VideoPlan, poses: VideoPoses) -> VideoMetrics:
        """Track, fit, and write; the metrics, which vouch for the rest, come last.

        A run that is killed in between leaves the old metrics beside new predictions. They still hold the poses that
        these metrics name.
        """
        folder = self.context.out / plan.name
        times = poses.table.timestamps_s
        analysed = AnalysedFrames.of(times, plan.is_analysed(times))
        poses, table, tracks = _of_people(poses, plan, self.tracking, analysed)
        provenance = self._provenance(poses.provenance, plan.rate)
        returns = analysed.expanded_returns(tracks.returns)
        header = video_header(plan, times, poses.skeleton, provenance, returns, self.capture_fps)
        if self.fitting is not None:
            # How fast people move decides how smooth their course is.
            true_times = replace(table, timestamps_s=table.timestamps_s * header.metadata.seconds_of_a_second())
            fitted, report = fit_tracks(
                true_times, plan.camera, poses.skeleton, self.fitting, depth_prior(self.fitting)
            )
            table = replace(fitted, timestamps_s=table.timestamps_s)
            report = analysed.expanded_report(report).model_copy(update={"rate": plan.rate})
            save_model(folder / FITTING_FILE, report, durable=False)
        else:
            (folder / FITTING_FILE).unlink(missing_ok=True)  # another run's, with other settings
        if not analysed.is_all:
            table = analysed.expanded(table)
        predictions_sha256 = replace_predictions(folder / PREDICTIONS_FILE, table, header)
        save_neuropose_results(folder / RESULTS_FILE, [(plan.info.source.path.name, table, header)], durable=False)
        flush(folder / name for name in (SOURCE_FILE, FITTING_FILE, RESULTS_FILE))
        metrics = VideoMetrics(
            plan_key=self.plan_key(plan),
            poses_key=plan.poses_key,
            poses_sha256=poses.sha256(),
            predictions_sha256=predictions_sha256,
            frames=len(times),
            tracks=len(np.unique(table.track_ids)) if table.track_ids is not None else 0,
            performance=poses.performance,
            provenance=provenance,
            notes=(*plan.info.notes, *interpolation_note(plan, times), *_left_out(tracks)),
            errors=poses.errors,
        )
        save_model(folder / METRICS_FILE, metrics)
        return metrics

    def _provenance(self, of_poses: Provenance | None, rate: float | None) -> Provenance | None:
        """That of the poses with the settings of tracking and fit in the place of an earlier assembly's."""
        if of_poses is None:
            return None
        again = ("tracking", "fitting", "rate")
        settings = {name: value for name, value in of_poses.settings.items() if name not in again}
        if rate is not None:
            settings["rate"] = rate
        settings["tracking"] = self.tracking.model_dump(mode="json")
        if self.fitting is not None:
            source: JsonValue = self.fitting.height_source
            settings["fitting"] = {**self.fitting.model_dump(mode="json"), "height_source": source}
        return Provenance(**{**of_poses.model_dump(), "settings": settings})


def _of_people(
    poses: VideoPoses, plan: VideoPlan, settings: TrackingSettings, analysed: AnalysedFrames
) -> tuple[VideoPoses, PoseTable, Tracks]:
    """The poses without those that show nobody, the same of the analysed frames alone with tracks, and who is who
    before any was left out.
    """
    table = poses.table if analysed.is_all else analysed.reduced(poses.table)
    tracks = _who_is_who(table, poses.skeleton, plan, settings)
    people = tracks.ids != NOBODY
    return replace(poses, table=poses.table.take(people)), table.take(people).with_tracks(tracks.ids[people]), tracks


def _who_is_who(table: PoseTable, skeleton: Skeleton, plan: VideoPlan, settings: TrackingSettings) -> Tracks:
    """The ids of people; who is not seen in frames that nobody looked at was not away."""
    colours = worn_colours(plan.info, table, skeleton)
    times = table.timestamps_s
    seen = AnalysedFrames.of(times, ~np.isin(times, np.array(plan.skipped_s)))
    if seen.is_all:
        return track(table, skeleton, settings, colours)
    tracks = track(seen.uninterrupted(table), skeleton, settings, colours)
    return replace(tracks, returns=seen.expanded_returns(tracks.returns))


def _left_out(tracks: Tracks) -> tuple[str, ...]:
    count = int((tracks.ids == NOBODY).sum())
    poses = "pose" if count == 1 else "poses"
    return (f"left out as no person's: {count} {poses} that the pose model doubted",) if count else ()
