"""How far the numbers can be trusted, frame by frame and in sentences."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from neuropose_ray.analysis import Cleaned, Motion, doubtful
from neuropose_ray.render import Quality, QualityStrip
from neuropose_ray.report.collect.person import ReportedPerson
from neuropose_ray.report.collect.pictures import picture_quality
from neuropose_ray.report.settings import ReportSettings
from neuropose_ray.schemas.fitting import TrackFit
from neuropose_ray.schemas.poses import PoseTable
from neuropose_ray.schemas.skeleton import LANDMARKS

Array = NDArray[np.float64]

#: Bones that do not change their length, each between landmarks of the same side.
_LIMBS = (("hip", "knee"), ("knee", "ankle"), ("shoulder", "elbow"), ("elbow", "wrist"))
#: Parts of the body whose bones' errors in depth are told together; bones are named by their ends.
_PARTS = {
    "thighs and shanks": ("hip-knee", "knee-ankle"),
    "arms": ("shoulder-elbow", "elbow-wrist"),
    "the trunk": ("hip-shoulder",),
}
#: Share of the joints from which what is missing or filled in is worth a look: more than one of them.
_FEW_JOINTS = 0.1


def quality_of(person: ReportedPerson, settings: ReportSettings) -> Quality:
    """Strips over the video's frames, and a summary.

    Shares of joints are those of the landmarks on which angles and gait rest, of all joints where there are none.

    Args:
        person: whose numbers the report shows.
        settings: what counts as poor.
    """
    joints, fit = _judged(person), person.fit
    is_seen: NDArray[np.bool_] = np.asarray(np.isfinite(person.raw.positions).all(-1).any(-1))
    known: NDArray[np.bool_] = np.asarray(np.isfinite(person.shown.positions).all(-1))[:, joints]
    scores = person.raw.joint_scores[:, joints]
    filled = person.filled[:, joints]
    limbs = limb_changes(person.model)
    strips = [
        QualityStrip("Confidence", _mean(scores), good=True, doubt=settings.poor_score),
        QualityStrip("Gaps", 1 - known.mean(1), good=False, doubt=_FEW_JOINTS, unit="%"),
        QualityStrip("Interpolated", filled.mean(1), good=False, doubt=_FEW_JOINTS, unit="%"),
    ]
    if person.track is not None:
        changes = track_changes(person.trial.table).astype(float)
        strips.append(QualityStrip("Track changes", changes, good=False, doubt=0.5, unit="yes or no"))
    if np.isfinite(limbs).any():
        strips.append(
            QualityStrip(
                "Limb lengths", limbs, good=False, doubt=settings.limb_doubt, full=settings.limb_change, unit="%"
            )
        )
    if fit is not None and fit.improved:
        strips.append(
            QualityStrip("Fit doubtful", doubtful(fit, len(is_seen)), good=False, doubt=0.5, unit="yes or no")
        )
    of_pictures, sentences = picture_quality(person.trial)
    strips += of_pictures
    summary = [
        f"The person is seen in {is_seen.mean():.0%} of the frames ({is_seen.sum()} of {len(is_seen)}).",
        *_of_scores(scores, settings.poor_score),
        f"After cleaning {known.mean():.1%} of the samples (one joint in one frame) are known; {filled.mean():.1%} "
        "are interpolated across short gaps.",
        *_of_cleaning(person.cleaned),
        *_of_limbs(limbs, settings.limb_doubt),
        *_of_fit(fit),
        *_of_tracks(person),
        *sentences,
    ]
    return Quality(tuple(strips), tuple(summary))


def limb_changes(model: Motion) -> Array:
    """``(frames,)``: how far the limbs' lengths are from their medians, as a share, mean over the limbs.

    Args:
        model: the pose model's own poses: in fitted ones bones are constant. NaN where no limb is known.
    """
    lengths = [
        np.linalg.norm(model.joint(f"{side}_{start}") - model.joint(f"{side}_{end}"), axis=-1)
        for start, end in _LIMBS
        for side in ("right", "left")
        if model.skeleton.has(f"{side}_{start}", f"{side}_{end}")
    ]
    # A limb without a length, of poses that are all zero, has no share by which it changes.
    lengths = [length for length in lengths if np.isfinite(length).any() and np.nanmedian(length) > 0]
    if not lengths:
        return np.full(len(model), np.nan)
    values = np.stack(lengths, axis=1)
    return _mean(np.abs(values / np.nanmedian(values, axis=0) - 1))


def track_changes(table: PoseTable) -> NDArray[np.bool_]:
    """``(frames,)``: whether somebody came or left since the frame before; False in the first frame."""
    assert table.track_ids is not None, "only tracked tables are asked"
    tracks, track_index = np.unique(table.track_ids, return_inverse=True)
    there = np.zeros((table.frame_count, len(tracks)), bool)
    there[table.poses.frame, track_index] = True
    return np.concatenate([[False], (there[1:] != there[:-1]).any(1)])


def _judged(person: ReportedPerson) -> list[int]:
    skeleton = person.raw.skeleton
    return [skeleton.index(name) for name in LANDMARKS if skeleton.has(name)] or list(range(len(skeleton)))


def _mean(values: Array) -> Array:
    """Over the known ones of each frame, NaN where there is none."""
    count = np.isfinite(values).sum(1)
    mean = np.full(len(values), np.nan)
    return np.asarray(np.divide(np.nansum(values, axis=1), count, out=mean, where=count > 0))


def _of_scores(scores: Array, poor: float) -> list[str]:
    known = scores[np.isfinite(scores)]
    if not len(known):
        return ["The pose model gives no confidence."]
    return [
        f"The joints' confidence is {known.mean():.2f} on average, below {poor:g} in "
        f"{(known < poor).mean():.1%} of the samples."
    ]


def _of_cleaning(cleaned: Cleaned) -> list[str]:
    """What each step did."""
    steps = [
        f"{step.step.replace('_', ' ')} (removed {step.removed}, filled {step.filled}, changed {step.changed})"
        for step in cleaned.steps
    ]
    return [f"Cleaning, in samples: {'; '.join(steps)}."] if steps else []


def _of_limbs(limbs: Array, doubt: float) -> list[str]:
    known = limbs[np.isfinite(limbs)]
    if not len(known):
        return []
    return [
        f"The lengths of the pose model's limbs change by {np.median(known):.1%} (median over the frames); by more "
        f"than {doubt:.0%}, which is doubtful, in {(known > doubt).mean():.0%} of the frames."
    ]


def _of_fit(fit: TrackFit | None) -> list[str]:
    if fit is None or not fit.improved:
        return []
    residuals = np.array([value for value in fit.residual_px if value is not None])
    if not len(residuals):
        return []
    return [
        f"The fitted skeleton lies {np.median(residuals):.1f} px from the landmarks in the picture (median).",
        *_of_depth_prior(fit),
    ]


def _of_depth_prior(fit: TrackFit) -> list[str]:
    """Which prior gave the depths, and the errors that it expects of itself, by part of the body."""
    if fit.depth_prior is None or not fit.depth_sigma_mm:
        return []
    expected = []
    for part, bones in _PARTS.items():
        errors = [error for bone, error in fit.depth_sigma_mm.items() if _without_sides(bone) in bones]
        if errors:
            expected.append(f"{np.mean(errors):.0f} mm from end to end of {part}")
    return [
        f"Depth along the line of sight rests on {fit.depth_prior.split(',')[0]}, learnt from motion capture, which "
        f"expects errors of {', '.join(expected)}."
    ]


def _without_sides(bone: str) -> str:
    return "-".join(end.split("_", 1)[-1] for end in bone.split("-"))


def _of_tracks(person: ReportedPerson) -> list[str]:
    others = len(person.trial.tracks) - 1
    if others < 1:
        return []
    return [f"Track {person.track} is shown; {others} more {'was' if others == 1 else 'were'} found."]
