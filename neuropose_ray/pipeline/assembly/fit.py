"""Every track of a video through the sequence fit."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from neuropose_ray.fitting import FittedSequence, FittingSettings, fit_sequence
from neuropose_ray.lifting import load_depth_prior, weights_version
from neuropose_ray.pipeline.assembly.sides import Observations, fit_with_sides
from neuropose_ray.schemas.camera import Camera
from neuropose_ray.schemas.depth_prior import DepthPrior
from neuropose_ray.schemas.fitting import FittingReport, SideExchange, TrackFit
from neuropose_ray.schemas.poses import PoseTable
from neuropose_ray.schemas.skeleton import Skeleton


def depth_prior(settings: FittingSettings) -> DepthPrior | None:
    """The prior that the settings ask for.

    Raises:
        ModelError: its weights are missing or damaged.
    """
    return load_depth_prior() if settings.depth_prior == "learnt" else None


def prior_version(settings: FittingSettings) -> str:
    """What identifies the prior that the settings ask for; empty for none."""
    return weights_version() if settings.depth_prior == "learnt" else ""


def fit_tracks(
    table: PoseTable, camera: Camera, skeleton: Skeleton, settings: FittingSettings, prior: DepthPrior | None
) -> tuple[PoseTable, FittingReport]:
    """The table with fitted poses beside the model's, where the fit is believed, and how each track's fit went.

    Args:
        table: a whole video, tracked.
        camera: what took it.
        skeleton: of the poses.
        settings: weights and limits.
        prior: what is known of bodies in depth, or None.
    """
    ids = np.zeros(len(table.poses), np.int32) if table.track_ids is None else table.track_ids
    fitted = np.full_like(table.poses.poses3d, np.nan)
    reports = []
    for track in np.unique(ids).tolist():
        rows = np.flatnonzero(ids == track)
        frames = table.poses.frame[rows]
        fit, exchanges = _fit(table, rows, camera, skeleton, settings, prior)
        frames_from_start = frames - frames[0]
        if fit.improved:
            fitted[rows] = fit.poses3d[frames_from_start]
        report = _report(track, frames, fit, frames_from_start, None if prior is None else prior.version)
        reports.append(report.model_copy(update={"exchanges": _in_video(exchanges, int(frames[0]))}))
    return table.with_fitted(fitted), FittingReport(
        height_m=settings.height_m, height_source=settings.height_source, tracks=tuple(reports)
    )


def _fit(
    table: PoseTable,
    rows: NDArray[np.int64],
    camera: Camera,
    skeleton: Skeleton,
    settings: FittingSettings,
    prior: DepthPrior | None,
) -> tuple[FittedSequence, tuple[SideExchange, ...]]:
    """The fit of a track from its first frame to its last, NaN where nobody was seen, and exchanged sides."""
    poses, frames = table.poses, table.poses.frame[rows]
    count = int(frames[-1] - frames[0]) + 1

    def spread(values: NDArray[np.float32]) -> NDArray[np.float32]:
        spread_values = np.full((count, *values.shape[1:]), np.nan, np.float32)
        spread_values[frames - frames[0]] = values[rows]
        return spread_values

    times = table.timestamps_s[frames[0] : frames[0] + count]
    given = Observations(*(spread(values) for values in (poses.poses2d, poses.joint_scores, poses.poses3d)))

    def fit(seen: Observations) -> FittedSequence:
        return fit_sequence(seen.pixels, seen.scores, seen.points, times, camera, skeleton, settings, prior)

    return fit_with_sides(given, times, skeleton, fit)


def _in_video(exchanges: tuple[SideExchange, ...], first: int) -> tuple[SideExchange, ...]:
    """The same with frames of the video, of a track that begins in frame ``first``."""
    return tuple(
        exchange.model_copy(
            update={"first_frame": exchange.first_frame + first, "last_frame": exchange.last_frame + first}
        )
        for exchange in exchanges
    )


def _report(
    track: int, frames: NDArray[np.int64], fit: FittedSequence, frames_seen: NDArray[np.int64], prior: str | None
) -> TrackFit:
    exchanged = np.zeros((2, 0)) if fit.exchanged is None else fit.exchanged[frames_seen].T
    return TrackFit(
        track_id=track,
        improved=fit.improved,
        bone_lengths_mm={name: round(length, 1) for name, length in fit.bone_lengths_mm.items()},
        depth_prior=prior if fit.depth_sigma_mm else None,
        depth_sigma_mm={name: round(sigma, 1) for name, sigma in fit.depth_sigma_mm.items()},
        legs_exchanged=_rounded(exchanged[0], 1),
        arms_exchanged=_rounded(exchanged[1], 1),
        frame_index=tuple(frames.tolist()),
        residual_px=_rounded(fit.residual_px[frames_seen], 2),
        flags=tuple(fit.flags[frames_seen].tolist()),
    )


def _rounded(values: NDArray[np.floating], decimals: int) -> tuple[float | None, ...]:
    return tuple(None if np.isnan(value) else round(float(value), decimals) for value in values)
