"""The step ``analyze``: ``analysis.json`` in a video's folder."""

from __future__ import annotations

from pydantic_core import to_json

from neuropose_ray.schemas.atomic import atomic_write_bytes
from neuropose_ray.schemas.immutable import utf8_text
from neuropose_ray.service.jobs.steps.settings import AnalyzeOptions
from neuropose_ray.service.jobs.steps.work import Remarks, VideoOutput


def analyze_video(output: VideoOutput, options: AnalyzeOptions) -> Remarks:
    """Clean, measure, and write the report of one video.

    Raises:
        InputError: nobody is seen, or the options ask for what is not there.
        OutputError: no space or no permission.
    """
    from neuropose_ray.analysis import AnalysisConfig, InputsConfig, OutputConfig, run_analysis
    from neuropose_ray.schemas.result_files import ANALYSIS_FILE, PREDICTIONS_FILE

    report = run_analysis(
        AnalysisConfig(
            inputs=InputsConfig(primary=output.folder / PREDICTIONS_FILE),
            preprocessing=options.preprocessing,
            segmentation=options.segmentation,
            analysis=options.analysis,
            output=OutputConfig(report=output.folder / ANALYSIS_FILE),
        )
    )
    # The report is read elsewhere, by those who may not know this file system: paths in it are those beside it.
    folder_text = to_json(utf8_text(f"{output.folder}/"))[1:-1]  # as it is spelled in the report
    text = report.model_dump_json(indent=2).encode().replace(folder_text, b"")
    atomic_write_bytes(output.folder / ANALYSIS_FILE, text)
    return ()
