"""The step ``compare``: ``comparison.json`` in a video's folder."""

from __future__ import annotations

from pathlib import Path

from neuropose_ray.errors import InputError, InputNotFoundError
from neuropose_ray.service.data_folder import JobFolder
from neuropose_ray.service.jobs.steps.settings import CompareOptions
from neuropose_ray.service.jobs.steps.work import Remarks, VideoOutput


def compare_video(output: VideoOutput, options: CompareOptions, jobs: Path) -> Remarks:
    """Lay one video over another trial: what changed is from that one to this one.

    Args:
        output: the video.
        options: with what, and how.
        jobs: the folders of all jobs.

    Raises:
        InputError: there is no such trial, nobody is seen in one of the two, or they have too little in common.
        OutputError: no space or no permission.
    """
    from neuropose_ray.analysis import compare_trials, load_subject
    from neuropose_ray.schemas.json_files import save_model
    from neuropose_ray.schemas.result_files import COMPARISON_FILE, PREDICTIONS_FILE

    reference = options.reference
    if options.job is not None:
        reference = _video_of(JobFolder(jobs / options.job), output.folder.name)
    if reference is None:
        raise InputError("nobody says what to compare with", hint="name a job with `compare_with`")
    choice = reference_choice = options.preprocessing
    if options.reference_track is not None:
        reference_choice = choice.model_copy(update={"track": options.reference_track})
    first = load_subject(reference, None, reference_choice)
    second = load_subject(output.folder / PREDICTIONS_FILE, None, choice)
    comparison = compare_trials(
        first.motion, second.motion, options.settings, conditions=(first.conditions, second.conditions)
    )
    named = first.trial.name if options.job is None else f"{first.trial.name} (job {options.job})"
    notes = dict.fromkeys(
        f"{name}: {warning}"
        for name, subject in ((named, first), (second.trial.name, second))
        for warning in subject.warnings
    )
    changes = {"first": named, "second": second.trial.name, "warnings": (*comparison.warnings, *notes)}
    save_model(output.folder / COMPARISON_FILE, comparison.model_copy(update=changes))
    return ()


def _video_of(job: JobFolder, name: str) -> Path:
    """The results of a job's video of this name, or of its only one."""
    from neuropose_ray.schemas.result_files import video_folders

    videos = {folder.name: folder for folder in video_folders(job.results)}
    if not videos:
        raise InputNotFoundError("the job to compare with has no results", hint="wait until it has completed")
    if name not in videos and len(videos) > 1:
        names = ", ".join(sorted(videos)[:5])
        raise InputError("the job to compare with has no video of this name", hint=f"its videos: {names}")
    return videos.get(name) or next(iter(videos.values()))
