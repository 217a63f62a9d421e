"""All that a report shows of one video's results."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from neuropose_ray.analysis.angles.clinical import clinical_angles
from neuropose_ray.analysis.motion import Motion
from neuropose_ray.analysis.runs.trials import Trial, load_trial
from neuropose_ray.render.records import PersonTrack, ReportContent
from neuropose_ray.report.collect.comparison import ComparisonResult, compare
from neuropose_ray.report.collect.curves import angle_curves, cycle_curves
from neuropose_ray.report.collect.movement import find_movement
from neuropose_ray.report.collect.origin import (
    citation_of,
    cleaning_facts,
    person_facts,
    provenance_facts,
    video_facts,
)
from neuropose_ray.report.collect.person import ReportedPerson, fit_of, reported_person, tracks_by_frames
from neuropose_ray.report.collect.quality import quality_of
from neuropose_ray.report.collect.warnings import report_warnings
from neuropose_ray.report.settings import ReportSettings


def report_content(
    folder: Path,
    *,
    video: str | None = None,
    against: Path | None = None,
    track: int | None = None,
    settings: ReportSettings | None = None,
) -> ReportContent:
    """Load, clean, analyse and judge the main person of a video's results.

    Poses are the fitted ones where a fit is believed, cleaned; beside their angles stand those of the pose model
    itself. Curves and skeleton are at the video's own times. Where nobody is seen the report says that alone.

    Args:
        folder: a video's results, OUT/NAME, or a file of predictions.
        video: which one, where a file holds those of several videos.
        against: those of another trial, to compare with; its person is who is seen longest.
        track: the person; None for who is seen longest.
        settings: None for the defaults.

    Raises:
        InputError: there are no predictions, they cannot be used, there is no such person, or the two trials cannot
            be compared.
    """
    settings = settings or ReportSettings()
    trial = load_trial(folder, video=video)
    if not len(trial.table.poses) and track is None and against is None:
        return _of_nobody(trial, settings)
    person = reported_person(trial, settings.cleaning, track=track)
    motion = person.cleaned.motion
    movement = find_movement(motion)
    fit = fit_of(person)
    angles = clinical_angles(motion, settings.angles)
    shown = angles if person.shown is motion else clinical_angles(person.shown, settings.angles)
    compared = None if against is None else _compared(motion, against, settings)
    return ReportContent(
        title=trial.name,
        facts=(*video_facts(trial), *person_facts(person, movement)),
        skeleton=motion.skeleton,
        timestamps_s=person.raw.timestamps_s,
        people=_people(person, settings.max_people),
        curves=angle_curves(clinical_angles(person.model, settings.angles), shown, first=movement.followed),
        bands=movement.bands,
        cycles=cycle_curves(angles, movement.windows, settings.cycle_points),
        tables=(*movement.tables, *([compared.table] if compared else [])),
        quality=quality_of(person, fit, settings),
        warnings=(*report_warnings(person, movement, fit, settings), *(compared.warnings if compared else ())),
        provenance=(*cleaning_facts(person.cleaned), *provenance_facts(trial, settings)),
        citation=citation_of(trial),
        comparison=compared.comparison if compared else None,
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
    )


def _people(person: ReportedPerson, most: int) -> tuple[PersonTrack, ...]:
    """The main person cleaned, the others who are seen longest as predicted."""
    main = PersonTrack(person.track or 0, person.shown.positions.astype(np.float32), main=True)
    others = [track for track in tracks_by_frames(person.trial) if track != person.track][: most - 1]
    return (
        main,
        *(PersonTrack(track, person.trial.motion(track=track).positions.astype(np.float32)) for track in others),
    )


def _compared(motion: Motion, against: Path, settings: ReportSettings) -> ComparisonResult:
    return compare(motion, reported_person(load_trial(against), settings.cleaning).cleaned.motion)
