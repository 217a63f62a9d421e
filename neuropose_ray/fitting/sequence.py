"""A skeleton of constant bone lengths fitted to one person's whole sequence.

BlazePose and its like see the picture plane well and guess depth. Over a sequence, constant bone lengths, the 2D
landmarks and a weak prior on the model's depth determine depth far better than the model does frame by frame.
"""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from neuropose_ray import machine
from neuropose_ray.errors import InputError
from neuropose_ray.fitting.body import body_of
from neuropose_ray.fitting.clip import clip_of, usable
from neuropose_ray.fitting.extra_joints import with_extra_joints
from neuropose_ray.fitting.problem import Problem
from neuropose_ray.fitting.quality import (
    FitFlag,
    depth_sign_differs,
    is_improved,
    reprojection_error,
    reprojection_worse,
)
from neuropose_ray.fitting.second_pass import depth_sigmas_mm, observed_person, with_prior
from neuropose_ray.fitting.settings import FittingSettings
from neuropose_ray.fitting.solver import solve_jointly, solve_positions
from neuropose_ray.fitting.start import start_of
from neuropose_ray.fitting.windows import Window, blend, plan_windows, sample_frames
from neuropose_ray.schemas.camera import Camera
from neuropose_ray.schemas.depth_prior import DepthPrior
from neuropose_ray.schemas.skeleton import Skeleton

#: Raised where this room gives another fit for the same poses, tracks and settings: then finished videos are fitted
#: again, from the poses in their files.
FIT_VERSION = 5

#: Metres; everybody is fitted as somebody of this height, for whom the settings' metres are, and scaled afterwards:
#: one camera cannot tell a tall person from a short one nearer by.
FITTED_HEIGHT_M = 1.70

Array = NDArray[np.float64]


@dataclass(frozen=True)
class FittedSequence:
    """The fit of one track, frame by frame.

    Attributes:
        poses3d: ``(T, J, 3)`` float32 millimetres, camera axes, every joint of the skeleton; NaN where nobody is
            known to be. The model's own poses where ``improved`` is False.
        bone_lengths_mm: length of each bone of the body; sides share one. Empty where ``improved`` is False.
        residual_px: ``(T,)`` float32 weighted root mean square distance of the projected landmarks from the 2D ones,
            NaN where the person was not detected.
        flags: ``(T,)`` uint8, a union of :class:`FitFlag`.
        improved: whether the fit is believed.
        depth_sigma_mm: for each bone ``start-end`` the median error in depth that the prior expects of itself; empty
            without a prior, and where ``improved`` is False.
        exchanged: ``(T, 2)`` float32, by how much (logarithm) what is seen of the legs, of the arms, is likelier with
            right and left exchanged, as the prior has it, also where the fit is not believed; None without a prior,
            NaN where nobody is known to be.
    """

    poses3d: NDArray[np.float32]
    bone_lengths_mm: Mapping[str, float]
    residual_px: NDArray[np.float32]
    flags: NDArray[np.uint8]
    improved: bool
    depth_sigma_mm: Mapping[str, float] = field(default_factory=dict)
    exchanged: NDArray[np.float32] | None = None


def fit_sequence(
    poses2d: NDArray[np.floating],
    joint_scores: NDArray[np.floating],
    poses3d: NDArray[np.floating],
    timestamps_s: Array,
    camera: Camera,
    skeleton: Skeleton,
    settings: FittingSettings,
    prior: DepthPrior | None = None,
) -> FittedSequence:
    """Fit a skeleton of constant bone lengths to a track.

    Args:
        poses2d: ``(T, J, 2)`` pixels of the upright frame.
        joint_scores: ``(T, J)`` in 0..1.
        poses3d: ``(T, J, 3)`` millimetres, camera axes (x right, y down, z forward), as the model gave them;
            frames in which the person was not detected are NaN, here or in any of the three arrays.
        timestamps_s: ``(T,)`` ascending seconds, evenly spaced or not.
        camera: the camera that saw the 2D poses.
        skeleton: names the joints.
        settings: weights, limits and the person's height.
        prior: what is known of bodies in depth; with it the fit is made twice, the second time with its depths.

    Returns:
        The fit; or the poses as they were, flagged, where there is too little to fit or the fit is not believed.

    Raises:
        InputError: the arrays do not fit together.
        SettingsError: the skeleton lacks a hip, knee, ankle, shoulder, elbow or wrist.
    """
    _check_shapes(poses2d, joint_scores, poses3d, timestamps_s, skeleton)
    body = body_of(skeleton)
    detected = usable(poses2d, joint_scores, poses3d)
    if detected.sum() < settings.min_frames:
        return _unchanged(poses3d, detected, np.full(len(detected), np.nan, np.float32))
    size = settings.height_m / FITTED_HEIGHT_M
    settings = settings.model_copy(update={"height_m": FITTED_HEIGHT_M})
    hips = body.joints[body.hips]
    clip = clip_of(poses2d, joint_scores, poses3d, timestamps_s, detected, camera, hips, settings.max_gap_s)
    start = start_of(clip, body, settings)

    def errors(points: Array) -> Array:
        error = reprojection_error(points, start.problem.image, start.problem.scores)
        return np.where(clip.detected, error, np.nan)

    def in_pixels(error: Array) -> NDArray[np.float32]:
        return _spread(error * np.sqrt(camera.focal_x * camera.focal_y), clip.frames, len(detected))

    model_error = errors(poses3d[clip.frames][:, body.joints].astype(np.float64).transpose(1, 2, 0))
    import scipy.linalg  # loads the library whose threads are limited
    from threadpoolctl import threadpool_limits

    try:
        # A banded factorisation is many small steps: threads only wait for each other, on a busy machine for long.
        with threadpool_limits(limits=1, user_api="blas"):
            estimate = None
            passes = [(start.problem, *_fit(start.problem, start.positions, settings))]
            if prior is not None:
                first = passes[0][1]
                estimate = prior(observed_person(start.problem, first, clip.detected, settings))
                problem = with_prior(start.problem, estimate, settings)
                passes.insert(0, (problem, *_fit(problem, first, settings)))
    except scipy.linalg.LinAlgError:
        return _unchanged(poses3d, detected, in_pixels(model_error))
    exchanged = None if estimate is None else _spread(estimate.exchanged, clip.frames, len(detected))
    seen = clip.detected
    # Where depths that do not belong to the picture bend the second pass away from it, the first one stands.
    for attempt in passes:
        problem, positions, lengths = attempt
        error = errors(positions)
        sigma = settings.reprojection_sigma * settings.height_m / positions[:, 2].mean(axis=0)
        worse = reprojection_worse(error, model_error, sigma)
        signs = depth_sign_differs(problem, positions) & seen
        if is_improved(error[seen], model_error[seen], sigma[seen], worse[seen], signs[seen]):
            break
    else:
        return replace(_unchanged(poses3d, detected, in_pixels(model_error)), exchanged=exchanged)
    if problem is start.problem:
        estimate = None

    flags = np.full(len(detected), FitFlag.NOT_DETECTED, np.uint8)
    flags[clip.frames] = (
        np.where(seen, 0, FitFlag.GAP_FILLED)
        | np.where(worse, FitFlag.REPROJECTION_WORSE, 0)
        | np.where(signs, FitFlag.DEPTH_SIGN, 0)
        | (FitFlag.MOVING_CAMERA if settings.moving_camera else 0)
    )
    poses = with_extra_joints(positions.transpose(2, 0, 1), start.model, body) * 1000 * size
    return FittedSequence(
        poses3d=_spread(poses, clip.frames, len(detected)),
        bone_lengths_mm={
            kind.name: float(length * 1000 * size) for kind, length in zip(body.kinds, lengths, strict=True)
        },
        residual_px=in_pixels(error),
        flags=flags,
        improved=True,
        depth_sigma_mm={} if estimate is None else depth_sigmas_mm(problem.body, estimate, size),
        exchanged=exchanged,
    )


def _fit(problem: Problem, start: Array, settings: FittingSettings) -> tuple[Array, Array]:
    """Bone lengths from frames spread over the sequence, then every window with these lengths."""
    frames = len(problem)
    sample, segments = sample_frames(frames, settings.length_frames, problem.segments)
    positions, lengths = solve_jointly(problem.take(sample, segments), start[..., sample], settings)
    if len(sample) == frames <= settings.window_frames:
        return positions, lengths
    overlap = round(settings.overlap_s / float(np.median(problem.steps)))
    windows = plan_windows(frames, settings.window_frames, overlap)

    def solved(window: Window) -> Array:
        chosen = np.arange(window.start, window.stop)
        part = problem.take(chosen, problem.segments[chosen])
        return solve_positions(part, start[..., chosen], lengths, settings)

    # Windows know nothing of each other: in whatever thread, each gives the same numbers.
    threads = machine.usable_cpus(machine.allowed_cpus(), machine.ControlGroups())
    with ThreadPoolExecutor(min(threads, len(windows)), thread_name_prefix="fit") as pool:
        parts = list(pool.map(solved, windows))
    return blend(windows, parts, frames), lengths


def _unchanged(
    poses3d: NDArray[np.floating], detected: NDArray[np.bool_], residual_px: NDArray[np.float32]
) -> FittedSequence:
    flags = np.where(detected, FitFlag.UNCHANGED, FitFlag.UNCHANGED | FitFlag.NOT_DETECTED).astype(np.uint8)
    return FittedSequence(poses3d.astype(np.float32), {}, residual_px, flags, improved=False)


def _spread(values: Array, frames: NDArray[np.intp], count: int) -> NDArray[np.float32]:
    """Values of some frames at their places among all, NaN elsewhere."""
    whole = np.full((count, *values.shape[1:]), np.nan, np.float32)
    whole[frames] = values
    return whole


def _check_shapes(
    poses2d: NDArray[np.floating],
    joint_scores: NDArray[np.floating],
    poses3d: NDArray[np.floating],
    timestamps_s: Array,
    skeleton: Skeleton,
) -> None:
    frames, joints = len(timestamps_s), len(skeleton)
    wanted = (frames, joints, 2), (frames, joints), (frames, joints, 3)
    found = poses2d.shape, joint_scores.shape, poses3d.shape
    if wanted != found:
        raise InputError(
            f"poses of shapes {found} where {wanted} are expected",
            where=f"fitting {frames} frames of {skeleton.name}", hint="give all arrays of one track",
        )  # fmt: skip
