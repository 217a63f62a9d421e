"""The step ``annotate``: the people of all videos of a job as a data set, in ``dataset/``."""

from __future__ import annotations

from neuropose_ray.errors import InputError
from neuropose_ray.service.jobs.steps.settings import AnnotateOptions
from neuropose_ray.service.jobs.steps.work import Remarks, VideoOutput


def annotate_videos(output: VideoOutput, options: AnnotateOptions) -> Remarks:
    """Write boxes and keypoints of all frames, which a step ``curate`` before this one may have thinned out.

    Args:
        output: the job's results.
        options: of the step.

    Returns:
        Why there is no data set, where no frame is left or nobody can be labelled.

    Raises:
        OutputError: no space or no permission.
    """
    from neuropose_ray.formats import DatasetSettings, export_dataset
    from neuropose_ray.schemas.result_files import DATASET_FOLDER

    settings = DatasetSettings(
        excluded=options.excluded, min_score=options.min_score, visible_score=options.visible_score
    )
    try:
        export_dataset(output.folder, output.folder / DATASET_FOLDER, options.kind, settings, overwrite=True)
    except InputError as error:
        return (type(error)(f"no data set: {error.what}", hint=error.hint),)
    return ()
