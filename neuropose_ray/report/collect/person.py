"""The person whom a report is about: as predicted, as cleaned, and at the times of the video's frames."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from neuropose_ray.analysis import (
    Cleaned,
    CleaningSettings,
    Conditions,
    Motion,
    PersonRule,
    Trial,
    clean,
    conditions_of,
    fit_of,
    fitting_of,
    interpolate,
)
from neuropose_ray.schemas.fitting import TrackFit

#: Neighbouring frames lie closer than this many frame intervals.
_NEIGHBOURS = 1.5


@dataclass(frozen=True, slots=True)
class ReportedPerson:
    """One person of one video.

    Attributes:
        trial: the video's predictions.
        track: the person's id; None where the file holds no tracks.
        model: as the pose model said, at the video's frames.
        raw: the fitted poses where a fit is believed, else the model's; before cleaning.
        cleaned: what all numbers are made of; at times of its own where the video's are uneven.
        shown: the cleaned motion at the video's frames, for curves and skeleton.
        filled: ``(frames, joints)`` of ``shown``: known by interpolation across a gap, not by measurement.
        fit: of the person's skeleton; None where none was fitted.
        conditions: how the person was recorded, on which the error bands depend.
    """

    trial: Trial
    track: int | None
    model: Motion
    raw: Motion
    cleaned: Cleaned
    shown: Motion
    filled: NDArray[np.bool_]
    fit: TrackFit | None
    conditions: Conditions


def reported_person(
    trial: Trial, settings: CleaningSettings, *, track: int | None = None, rule: PersonRule = "longest"
) -> ReportedPerson:
    """The person of a track, or whom a rule chooses.

    Args:
        trial: a video's predictions.
        settings: of the cleaning.
        track: an id, which overrules the rule.
        rule: who, where no track is named.

    Raises:
        InputError: nobody is seen at all, there is no such person, or the frames have no times.
    """
    person = trial.person(track=track, rule=rule)
    model = trial.motion_of(person, fitted=False)
    raw = trial.motion_of(person) if trial.table.poses3d_fitted is not None else model
    cleaned = clean(raw, settings)
    shown, filled = _at_frames(raw, cleaned)
    fit = fit_of(fitting_of(trial), person.track)
    conditions = conditions_of(raw, trial.header, fit)
    return ReportedPerson(trial, person.track, model, raw, cleaned, shown, filled, fit, conditions)


def _at_frames(raw: Motion, cleaned: Cleaned) -> tuple[Motion, NDArray[np.bool_]]:
    """The cleaned motion and its filled samples at the raw one's times; NaN stays NaN."""
    motion = cleaned.motion
    if motion.timestamps_s is raw.timestamps_s:
        return motion, cleaned.filled
    # An even grid may end a part of an interval before the last frame.
    times = np.clip(raw.timestamps_s, motion.timestamps_s[0], motion.timestamps_s[-1])
    neighbours_s = _NEIGHBOURS / motion.frame_rate_hz
    positions = interpolate(motion.timestamps_s, motion.positions, times, neighbours_s, "linear")
    middles = (motion.timestamps_s[1:] + motion.timestamps_s[:-1]) / 2
    nearest = np.searchsorted(middles, times)
    return replace(raw, positions=positions), cleaned.filled[nearest]
