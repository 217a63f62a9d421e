"""The second pass of the fit: the same problem, with the depths that a prior expects beside the model's."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from neuropose_ray.fitting.body import Body
from neuropose_ray.fitting.problem import Array, Problem
from neuropose_ray.fitting.settings import FittingSettings
from neuropose_ray.schemas.depth_prior import DepthEstimate, ObservedPerson

#: How much the model's depth counts beside the prior's, relative to what it counts in the first pass. The two err in
#: different views: the model sees the trunk bend toward the camera, the prior all else.
MODEL_SHARE = 1.5
#: The prior's errors last for seconds: frames repeat each other, and each counts less, as if its sigma were larger.
LASTING_ERRORS = 1.5


def observed_person(
    problem: Problem, positions: Array, found: np.ndarray, settings: FittingSettings
) -> ObservedPerson:
    """What a prior is told: the 2D landmarks and the model's depths, and how far a first fit puts the person.

    Args:
        problem: of the first pass.
        positions: ``(L, 3, T)`` metres, of the first pass.
        found: ``(T,)`` False in a bridged gap.
        settings: for the person's height.
    """
    body = problem.body
    names = body.landmarks
    return ObservedPerson(
        landmarks=names,
        bones=tuple((names[a], names[b]) for a, b in body.bones[body.depth_bones].tolist()),
        times=problem.times,
        segments=problem.segments,
        found=found,
        directions=problem.image.transpose(2, 0, 1),
        confidences=problem.scores.T,
        distance=positions[body.hips, 2].mean(axis=0),
        bone_depths=problem.bone_depths.T,
        height_m=settings.height_m,
    )


def with_prior(problem: Problem, estimate: DepthEstimate, settings: FittingSettings) -> Problem:
    """The problem of the second pass: depths of prior and model, weighted by how sure they are.

    The farther the model's depth is from the prior's, the less it counts, as with any outlier of the fit.
    """
    expected, variance = estimate.depths.T, (LASTING_ERRORS * estimate.sigma.T) ** 2
    apart = (problem.bone_depths - expected) ** 2 / (problem.depth_sigma**2 + variance)
    model = MODEL_SHARE * problem.depth_scores / problem.depth_sigma**2 / (1 + apart / problem.depth_tolerance**2)
    precision = model + 1 / variance
    return replace(
        problem,
        bone_depths=(model * problem.bone_depths + expected / variance) / precision,
        depth_scores=np.ones_like(problem.depth_scores),
        depth_sigma=1 / np.sqrt(precision),
        depth_tolerance=settings.prior_tolerance,
    )


def depth_sigmas_mm(body: Body, estimate: DepthEstimate, size: float) -> dict[str, float]:
    """For each bone the median over time of the error in depth that a prior expects, under the names of its ends.

    Args:
        body: which bones there are.
        estimate: what the prior said.
        size: of the person, relative to the body that was fitted.
    """
    medians = np.median(estimate.sigma, axis=0) * 1000 * size
    ends = body.bones[body.depth_bones].tolist()
    return {
        f"{body.landmarks[a]}-{body.landmarks[b]}": float(value) for (a, b), value in zip(ends, medians, strict=True)
    }
