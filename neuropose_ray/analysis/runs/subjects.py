"""The people of an analysis: one person's motion out of a trial, cleaned as configured."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from neuropose_ray.analysis.cleaning.records import CleaningStep
from neuropose_ray.analysis.motion import Motion
from neuropose_ray.analysis.person_choice import TrackChoice
from neuropose_ray.analysis.runs.config import PreprocessingConfig
from neuropose_ray.analysis.runs.recording import fit_of, fitting_of, recording_warnings
from neuropose_ray.analysis.runs.report import InputSummary
from neuropose_ray.analysis.runs.trials import Trial, load_trial
from neuropose_ray.analysis.uncertainty.conditions import Conditions, conditions_of
from neuropose_ray.schemas.header import PredictionsHeader
from neuropose_ray.schemas.skeletons import KNOWN_SKELETONS


@dataclass(frozen=True, slots=True)
class Subject:
    """Who is analysed.

    Attributes:
        trial: where the person comes from.
        person: which one, and who else is there.
        motion: the person, cleaned where that is configured.
        coverage: share of the frames in which the person was seen before cleaning.
        steps: what cleaning did.
        warnings: what a reader of the numbers should know.
        conditions: how the person was recorded.
    """

    trial: Trial
    person: TrackChoice
    motion: Motion
    coverage: float
    steps: tuple[CleaningStep, ...]
    warnings: tuple[str, ...]
    conditions: Conditions

    @property
    def summary(self) -> InputSummary:
        """As the report has it."""
        metadata = self.trial.header.metadata
        return InputSummary(
            path=self.trial.path,
            frame_count=metadata.frame_count,
            fps=metadata.fps / self.trial.seconds_of_a_second,
            provenance=self.trial.header.provenance,
            video=self.trial.name,
            skeleton=self.trial.header.skeleton.name,
            coverage=self.coverage,
            person=self.person,
            cleaning=self.steps,
            predictions_sha256=self.trial.sha256,
        )


def load_subject(
    path: Path, video: str | None, preprocessing: PreprocessingConfig, *, needs_times: bool = True
) -> Subject:
    """The person whom the configuration names; the arguments are those of :func:`subject_of`.

    Raises:
        InputError: the file holds no predictions, or no such person; see
            :func:`~neuropose_ray.analysis.runs.trials.load_trial`.
    """
    return subject_of(load_trial(path, video=video), preprocessing, needs_times=needs_times)


def subject_of(trial: Trial, preprocessing: PreprocessingConfig, *, needs_times: bool = True) -> Subject:
    """The same, of a trial that is loaded.

    Args:
        trial: the person's.
        preprocessing: who is meant, and how the poses are cleaned.
        needs_times: whether what follows needs the times of the frames; cleaning always does.

    Raises:
        InputError: there is no such person, or the frames have no times.
    """
    trial = trial.at_capture_rate(preprocessing.capture_fps)
    person = trial.person(
        track=preprocessing.track,
        person_index=preprocessing.person_index,
        rule=preprocessing.rule,
        needs_times=needs_times or preprocessing.cleaning is not None,
    )
    motion = trial.motion_of(person, fitted=preprocessing.poses == "fitted")
    warnings = (
        *recording_warnings(trial, person.track, motion),
        *_unrecognised_landmarks(trial.header),
    )
    fit = None if preprocessing.poses == "model" else fit_of(fitting_of(trial), person.track)
    conditions = conditions_of(motion, trial.header, fit)
    if preprocessing.cleaning is None:
        return Subject(trial, person, motion, motion.coverage, (), warnings, conditions)
    from neuropose_ray.analysis.cleaning.clean import clean

    cleaned = clean(motion, preprocessing.cleaning)
    warnings = (*warnings, *cleaned.warnings)
    return Subject(trial, person, cleaned.motion, motion.coverage, cleaned.steps, warnings, conditions)


def _unrecognised_landmarks(header: PredictionsHeader) -> tuple[str, ...]:
    """A warning where an imported skeleton, whose joints were recognised by their names, lacks landmarks.

    The import may have noted it.
    """
    skeleton = header.skeleton
    missing = ", ".join(landmark.replace("_", " ") for landmark in skeleton.missing_landmarks)
    if not missing or skeleton.name in KNOWN_SKELETONS or any(missing in note for note in header.metadata.notes):
        return ()
    return (f"not recognised among the joints of {skeleton.name}: {missing}; what needs them is missing",)
