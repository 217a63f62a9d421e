"""Warnings, in plain words: what a reader must know before believing the numbers."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from neuropose_ray.analysis.motion import Motion
from neuropose_ray.report.collect.movement import Movement
from neuropose_ray.report.collect.person import ReportedPerson
from neuropose_ray.report.collect.quality import doubtful
from neuropose_ray.report.settings import ReportSettings
from neuropose_ray.schemas.fitting import TrackFit

_PAIRS = ("hip", "shoulder")


def report_warnings(
    person: ReportedPerson, movement: Movement, fit: TrackFit | None, settings: ReportSettings
) -> tuple[str, ...]:
    """A sentence each, none twice; what concerns all numbers comes first.

    Args:
        person: whose numbers the report shows.
        movement: what was found, with its own warnings.
        fit: of this person, None where nothing was fitted.
        settings: when a view counts as frontal or lateral.
    """
    warnings = [
        *person.trial.header.metadata.notes,
        *_of_people(person),
        *_of_fit(person, fit, settings),
        *_of_view(person.shown, settings),
        *_of_camera(person),
        *_of_model(person),
        *(f"Cleaning: {warning}" for warning in person.cleaned.warnings),
        *movement.warnings,
    ]
    return tuple(dict.fromkeys(sentence(text) for text in warnings))


def view_deg(motion: Motion) -> float:
    """From where the camera sees the trunk: 0 from the front or the back, 90 from the side.

    The median over the frames of the angle between the line of the hips (and of the shoulders), seen from above, and
    the picture's plane square to the line of sight. NaN where neither is known.
    """
    angles = []
    for part in _PAIRS:
        if motion.skeleton.has(f"left_{part}", f"right_{part}"):
            right, left = motion.joint(f"right_{part}")[:, ::2], motion.joint(f"left_{part}")[:, ::2]
            across, sight = right - left, (right + left) / 2
            lengths = np.linalg.norm(across, axis=1) * np.linalg.norm(sight, axis=1)
            with np.errstate(invalid="ignore", divide="ignore"):
                angles.append(np.degrees(np.arcsin(np.clip(np.abs((across * sight).sum(1)) / lengths, 0, 1))))
    known = np.concatenate([series[np.isfinite(series)] for series in angles]) if angles else np.zeros(0)
    return float(np.median(known)) if len(known) else float("nan")


def sentence(text: str) -> str:
    """A text with a capital letter and a full stop."""
    text = text.strip()
    return f"{text[:1].upper()}{text[1:]}" + ("" if text.endswith((".", "?", "!")) else ".")


def _of_people(person: ReportedPerson) -> Iterator[str]:
    tracks = person.trial.tracks
    if len(tracks) > 1:
        who = "who is seen longest" if person.track == tracks[0] else "as was asked for"
        yield f"{len(tracks)} tracks were found; curves, tables and quality are those of track {person.track}, {who}"


def _of_fit(person: ReportedPerson, fit: TrackFit | None, settings: ReportSettings) -> Iterator[str]:
    if fit is not None and not fit.improved:
        yield (
            "the fit of a skeleton of constant bones was not believed: what is shown is what the pose model said, "
            "and its depth is less sure"
        )
    elif fit is None and _model(person).startswith("blazepose"):
        yield "no skeleton of constant bones was fitted: the depth of single joints is the pose model's guess"
    elif fit is not None:
        yield (
            "one camera cannot see how large somebody is: lengths and speeds are those of the stature that was given "
            "to process with --height (1.70 m where none was); angles and times do not depend on it"
        )
        if (share := doubtful(fit, len(person.raw)).mean()) > settings.doubtful_share:
            yield (
                f"in {share:.0%} of the frames the fitted skeleton lies off the picture or contradicts the "
                "depth that was expected: see the quality strip"
            )


def _of_view(motion: Motion, settings: ReportSettings) -> Iterator[str]:
    view = view_deg(motion)
    if view < settings.frontal_deg:
        yield (
            "the camera sees the person nearly from the front or the back: flexion of hips and knees lies along the "
            "line of sight and is less sure"
        )
    elif view > settings.lateral_deg:
        yield (
            "the camera sees the person from the side: the far arm and leg are partly hidden, so that comparisons of "
            "left and right, abduction and widths are less sure"
        )


def _of_camera(person: ReportedPerson) -> Iterator[str]:
    camera = person.trial.header.camera
    if camera is not None and camera.source == "assumed":
        yield (
            f"the camera's field of view was assumed ({camera.field_of_view_degrees:.0f} degrees): distances from "
            "the camera are rough; give process --fov or a calibration"
        )


def _of_model(person: ReportedPerson) -> Iterator[str]:
    if _model(person).startswith("blazepose") and person.raw.skeleton.has("right_heel", "right_toe"):
        yield (
            "ankle and foot angles from BlazePose are not reliable: a foot is so short in the picture that a few "
            "pixels turn it by many degrees"
        )


def _model(person: ReportedPerson) -> str:
    provenance = person.trial.header.provenance
    return (provenance.model_name or "").lower() if provenance else ""
