"""What a recording leaves unsure, in plain words: size, camera, view, fit, and numbers from few frames.

Every place that shows numbers shows these warnings: the terminal, analysis.json, the table of a cohort, the report,
plots, and notes of exported files.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, ValidationError

from neuropose_ray.analysis.motion import Motion
from neuropose_ray.analysis.runs.trials import Trial
from neuropose_ray.analysis.uncertainty.conditions import class_of_view, view_deg
from neuropose_ray.errors import FileFormatError
from neuropose_ray.schemas.fitting import FittingReport, TrackFit
from neuropose_ray.schemas.immutable import FrozenModel
from neuropose_ray.schemas.result_files import FITTING_FILE, is_video_folder_file

#: Names that a sentence lists before it counts the rest.
_LISTED = 6


class RecordingSettings(FrozenModel):
    """From where on a reader is warned."""

    doubtful_share: float = Field(
        default=0.2, ge=0, le=1, description="of the frames with a doubtful fit, from which the reader is warned"
    )
    few_frames: float = Field(
        default=0.5, ge=0, le=1, description="share of the frames; what is known in fewer says in how many"
    )


def recording_warnings(
    trial: Trial, track: int | None, motion: Motion, settings: RecordingSettings | None = None
) -> tuple[str, ...]:
    """What a reader must know of a recording before believing the numbers, a sentence each without a full stop.

    What concerns most numbers comes first, notes of the file itself last.

    Args:
        trial: what was read.
        track: whose numbers they are; None where the file holds no tracks.
        motion: of this person, for the view.
        settings: None for the defaults.

    Raises:
        FileFormatError: the fit's file cannot be read.
    """
    settings = settings or RecordingSettings()
    if motion.is_measured:
        return (*_of_times(trial), *trial.header.metadata.notes)
    report = fitting_of(trial)
    return (
        *_of_times(trial),
        *_of_returns(trial, track),
        *_of_fit(trial, report, track, settings),
        *_of_view(motion),
        *_of_camera(trial),
        *trial.header.metadata.notes,
    )


def coverage_warnings(coverages: Mapping[str, float], settings: RecordingSettings | None = None) -> tuple[str, ...]:
    """That some values are those of a few frames alone, and that others are not known at all.

    Args:
        coverages: the share of the frames in which each is known, by its name ("left_elbow_flexion").
        settings: None for the defaults.
    """
    settings = settings or RecordingSettings()
    few = {name: share for name, share in coverages.items() if 0 < share < settings.few_frames}
    never = [name for name, share in coverages.items() if share == 0]
    return (*_of_few(few, len(coverages)), *_of_unseen(never, len(coverages)))


def _of_few(few: Mapping[str, float], angles: int) -> Iterator[str]:
    if few and len(few) == angles:
        most = max(few.values())
        yield f"all angles are known in {most:.0%} of the frames or fewer: extremes are those of these frames"
    elif few:
        listed = _listed([f"{name.replace('_', ' ')} {share:.0%}" for name, share in few.items()])
        yield f"known in few of the frames, and extremes are those of these frames: {listed}"


def _of_unseen(never: Sequence[str], angles: int) -> Iterator[str]:
    if never and len(never) == angles:
        yield "no angle is known in any frame: too little of the body is seen"
    elif never:
        listed = _listed([name.replace("_", " ") for name in never])
        yield f"not known in any frame, since parts of the body are hidden or out of the picture: {listed}"


def _listed(texts: Sequence[str]) -> str:
    more = [f"{len(texts) - _LISTED} more"] if len(texts) > _LISTED else []
    return ", ".join([*texts[:_LISTED], *more])


def fitting_of(trial: Trial) -> FittingReport | None:
    """How the fit of all tracks of a trial went; None where nothing was fitted.

    Raises:
        FileFormatError: the file cannot be read.
    """
    file = trial.path.with_name(FITTING_FILE)
    if not is_video_folder_file(trial.path) or not file.is_file():
        return None
    try:
        return FittingReport.model_validate_json(file.read_bytes())
    except (OSError, ValidationError) as error:
        raise FileFormatError("is not what a fit writes", where=str(file), hint="process the video again") from error


def fit_of(report: FittingReport | None, track: int | None) -> TrackFit | None:
    """The fit of one track; None where it was not fitted."""
    tracks = () if report is None else report.tracks
    return next((fit for fit in tracks if fit.track_id == (track or 0)), None)


def doubtful(fit: TrackFit, frames: int) -> NDArray[np.float64]:
    """``(frames,)``: 1 where the fit lies off the picture or contradicts the depth that was expected, else 0."""
    values = np.zeros(frames)
    values[[frame for frame in fit.doubtful_frames if frame < frames]] = 1
    return values


def _of_times(trial: Trial) -> Iterator[str]:
    if trial.seconds_of_a_second != 1:
        slowed = 1 / trial.seconds_of_a_second
        yield f"the clip is stored {slowed:.3g} times slowed down: times and speeds are those of what was filmed"


def _of_returns(trial: Trial, track: int | None) -> Iterator[str]:
    for back in trial.header.metadata.returns:
        if back.track == track:
            yield (
                f"the person was away for {back.unseen_s:.1f} s before frame {back.frame}; that it is the same one "
                f"after that is {100 * back.certainty:.0f} % sure, by place, size and colours"
            )


def _of_fit(
    trial: Trial, report: FittingReport | None, track: int | None, settings: RecordingSettings
) -> Iterator[str]:
    fit = fit_of(report, track)
    if fit is not None:
        yield from (exchange.description for exchange in fit.exchanges)
    if fit is None:
        if _model(trial).startswith("blazepose"):
            yield "no skeleton of constant bones was fitted: the depth of single joints is the pose model's guess"
        return
    if not fit.improved:
        yield (
            "the fit of a skeleton of constant bones was not believed: what is shown is what the pose model said, "
            "and its depth is less sure"
        )
        return
    if report is not None:
        yield from _of_height(report)
    if (share := doubtful(fit, trial.table.frame_count).mean()) > settings.doubtful_share:
        yield (
            f"in {share:.0%} of the frames the fitted skeleton lies off the picture or contradicts the depth that "
            "was expected"
        )


def _of_height(report: FittingReport) -> Iterator[str]:
    if report.height_m is None:
        yield (
            "lengths and speeds are those of the height that was given to process with --height (1.70 m where none "
            "was); angles and times do not depend on it"
        )
    elif report.height_source == "assumed":
        yield (
            f"the person's height was assumed ({report.height_m:.2f} m): lengths and speeds grow with it, angles and "
            "times do not; give process --height"
        )


def _of_view(motion: Motion) -> Iterator[str]:
    view = class_of_view(view_deg(motion))
    if view == "front":
        yield (
            "the camera sees the person nearly from the front or the back: flexion of hips and knees lies along the "
            "line of sight and is less sure"
        )
    elif view == "side":
        yield (
            "the camera sees the person from the side: the far arm and leg are partly hidden, so that comparisons of "
            "left and right, abduction and widths are less sure"
        )


def _of_camera(trial: Trial) -> Iterator[str]:
    camera = trial.header.camera
    if camera is not None and camera.source == "assumed":
        yield (
            f"the camera's field of view was assumed ({camera.field_of_view_degrees:.0f} degrees): distances from "
            "the camera are rough; give process --fov or a calibration"
        )


def _model(trial: Trial) -> str:
    provenance = trial.header.provenance
    return (provenance.model_name or "").lower() if provenance else ""
