"""The step ``text``: ``description.txt`` and ``description.json`` in a video's folder."""

from __future__ import annotations

from neuropose_ray.description import DescriptionSettings
from neuropose_ray.errors import DescriptionError
from neuropose_ray.service.jobs.steps.settings import TextOptions
from neuropose_ray.service.jobs.steps.work import Remarks, VideoOutput


def describe_video(output: VideoOutput, options: TextOptions, settings: DescriptionSettings) -> Remarks:
    """Put the analysis of one video into words.

    Returns:
        Why templates worded it, where an endpoint should have.

    Raises:
        InputError: there is no analysis: the step comes after ``analyze``.
        OutputError: no space or no permission.
    """
    from neuropose_ray.analysis import load_report
    from neuropose_ray.description import description_of, write_description
    from neuropose_ray.schemas.result_files import ANALYSIS_FILE, DESCRIPTION_FILE

    if options.language is not None:
        settings = settings.model_copy(update={"language": options.language})
    record = description_of(load_report(output.folder / ANALYSIS_FILE), settings)
    write_description(output.folder / DESCRIPTION_FILE, record)
    refused = None if record.endpoint is None else record.endpoint.refused
    return () if refused is None else (DescriptionError(f"worded by templates: {refused}"),)
