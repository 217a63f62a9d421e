"""All that a report shows of one video's results."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from neuropose_ray.analysis import (
    ALL_PEOPLE,
    AngleSummary,
    MovementConfig,
    PeopleChoice,
    Trial,
    analyse_movement,
    clinical_angles,
    load_trial,
)
from neuropose_ray.description import Recording, describe, findings_of
from neuropose_ray.errors import InputError
from neuropose_ray.render import PersonTrack, ReportContent
from neuropose_ray.report.collect.body import body_curves
from neuropose_ray.report.collect.comparison import compare
from neuropose_ray.report.collect.curves import angle_curves, cycle_curves
from neuropose_ray.report.collect.movement import Movement, find_movement
from neuropose_ray.report.collect.origin import (
    citation_of,
    person_facts,
    provenance_facts,
    video_facts,
)
from neuropose_ray.report.collect.person import ReportedPerson, reported_person
from neuropose_ray.report.collect.quality import quality_of
from neuropose_ray.report.collect.ranges import marked, range_table
from neuropose_ray.report.collect.warnings import report_warnings, sentence
from neuropose_ray.report.settings import ReportSettings


def report_content(
    folder: Path,
    *,
    video: str | None = None,
    against: Path | None = None,
    track: int | None = None,
    people: PeopleChoice = "longest",
    capture_fps: float | None = None,
    settings: ReportSettings | None = None,
) -> ReportContent:
    """Load, clean, analyse and judge the people of a video's results.

    Poses are the fitted ones where a fit is believed, cleaned; beside their angles stand those of the pose model
    itself. Curves and skeleton are at the frames of the video. Where nobody is seen the report says that alone.

    Args:
        folder: a video's results, OUT/NAME, or a file of predictions.
        video: which one, where a file holds those of several videos.
        against: those of another trial, to compare with; its person is chosen by the same rule.
        track: the person with whom the page begins.
        people: the rule that chooses the person where no track is named; everybody begins with who is seen longest,
            and leaves nobody out however many there are.
        capture_fps: frames per second at which slowed-down clips were taken, the other trial's as well; None for
            what the files say.
        settings: None for the defaults.

    Raises:
        InputError: there are no predictions, they cannot be used, there is no such person, or the two trials cannot
            be compared.
    """
    settings = settings or ReportSettings()
    rule = "longest" if people == ALL_PEOPLE else people
    trial = load_trial(folder, video=video, capture_fps=capture_fps)
    if not len(trial.table.poses) and track is None and against is None:
        return _of_nobody(trial, settings)
    person = reported_person(trial, settings.cleaning, track=track, rule=rule)
    main = _analysed(person, settings)
    compared = None
    if against is not None:
        other = load_trial(against, capture_fps=capture_fps)
        compared = compare(person, reported_person(other, settings.cleaning, rule=rule))
        main = replace(main, warnings=(*main.warnings, *compared.warnings))
    bystanders = [track_id for track_id in trial.tracks if track_id != person.track]
    if people != ALL_PEOPLE:
        bystanders = bystanders[: settings.max_people - 1]
    return ReportContent(
        title=trial.name,
        facts=video_facts(trial),
        skeleton=person.cleaned.motion.skeleton,
        timestamps_s=person.raw.timestamps_s,
        people=(replace(main, main=True), *(_bystander(trial, track_id, settings) for track_id in bystanders)),
        tables=compared.tables if compared else (),
        provenance=provenance_facts(trial, settings),
        citation=citation_of(trial),
        comparison=compared.comparison if compared else None,
        predictions_sha256=trial.sha256,
        video_seconds=1 / trial.seconds_of_a_second,
    )


def _analysed(person: ReportedPerson, settings: ReportSettings) -> PersonTrack:
    """One person with all that is found of the person."""
    motion = person.cleaned.motion
    movement = find_movement(motion, person.conditions)
    of_angles = MovementConfig(kind="movement", angles=settings.angles, repetitions=None, gait=None, body=None)
    of_all_frames = analyse_movement(motion, of_angles, person.conditions).results
    ranges = of_all_frames.angles or ()
    range_of_motion = range_table(ranges)
    angles = clinical_angles(motion, settings.angles)
    shown = angles if person.shown is motion else clinical_angles(person.shown, settings.angles)
    return PersonTrack(
        track_id=person.track or 0,
        positions=person.shown.positions.astype(np.float32),
        facts=person_facts(person, movement),
        curves=(
            *marked(
                angle_curves(clinical_angles(person.model, settings.angles), shown, first=movement.followed), ranges
            ),
            *body_curves(person.model, person.shown),
        ),
        bands=movement.bands,
        cycles=marked(cycle_curves(angles, movement.windows, settings.cycle_points), ranges),
        tables=(*movement.tables, *([] if range_of_motion is None else [range_of_motion])),
        quality=quality_of(person, settings),
        description=_described(person, movement, ranges),
        warnings=(
            *report_warnings(person, angles, movement, settings),
            *(sentence(remark.sentence) for remark in of_all_frames.remarks),
        ),
    )


def _described(person: ReportedPerson, movement: Movement, angles: Sequence[AngleSummary]) -> tuple[str, ...]:
    """The person's numbers in plain words; doubts are the warnings of the page."""
    motion = person.raw
    recording = Recording(
        frames=len(motion.timestamps_s),
        rate_hz=motion.frame_rate_hz,
        coverage=motion.coverage,
        others=max(0, len(person.trial.tracks) - 1),
    )
    results = movement.results.model_copy(update={"angles": tuple(angles), "remarks": ()})
    paragraphs = describe(findings_of(recording, results), "en").paragraphs
    return tuple(paragraph.text for paragraph in paragraphs if paragraph.part != "doubts")


def _bystander(trial: Trial, track: int, settings: ReportSettings) -> PersonTrack:
    """Somebody beside the main person; as predicted, with the reason, where nothing can be found of the person."""
    try:
        return _analysed(reported_person(trial, settings.cleaning, track=track), settings)
    except InputError as error:
        return PersonTrack(
            track_id=track,
            positions=trial.motion(track=track).positions.astype(np.float32),
            warnings=(sentence(f"nothing could be measured of this person: {error}"),),
        )


def _of_nobody(trial: Trial, settings: ReportSettings) -> ReportContent:
    return ReportContent(
        title=trial.name,
        facts=video_facts(trial),
        skeleton=trial.header.skeleton,
        timestamps_s=trial.table.timestamps_s,
        warnings=(*trial.header.metadata.notes, "Nobody was found in any frame: look at the video."),
        provenance=provenance_facts(trial, settings),
        citation=citation_of(trial),
        predictions_sha256=trial.sha256,
        video_seconds=1 / trial.seconds_of_a_second,
    )
