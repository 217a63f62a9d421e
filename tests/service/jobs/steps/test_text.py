"""The step that puts a video's analysis into words."""

from collections.abc import Callable

import pytest

from neuropose_ray.description import DescriptionSettings, EndpointSettings
from neuropose_ray.errors import InputError
from neuropose_ray.schemas.result_files import ANALYSIS_FILE
from neuropose_ray.service.jobs.steps.analyze import analyze_video
from neuropose_ray.service.jobs.steps.settings import AnalyzeOptions, TextOptions
from neuropose_ray.service.jobs.steps.text import describe_video
from neuropose_ray.service.jobs.steps.work import StepWork, VideoOutput


@pytest.fixture
def output(work: Callable[..., StepWork]) -> VideoOutput:
    step = work()
    output = VideoOutput("walk.mp4", step.folder.results / "walk", step.folder.uploads / "walk.mp4")
    analyze_video(output, AnalyzeOptions())
    return output


def test_the_text_lies_beside_the_predictions_in_the_language_of_the_service_or_the_step(output: VideoOutput):
    german = DescriptionSettings(language="de")
    assert describe_video(output, TextOptions(), german) == ()
    assert (output.folder / "description.txt").read_text().startswith("Was gemessen wurde\n")
    assert describe_video(output, TextOptions(language="en"), german) == ()
    assert (output.folder / "description.txt").read_text().startswith("What was measured\n")


def test_an_endpoint_that_fails_is_remarked_and_the_text_is_there(output: VideoOutput):
    endpoint = EndpointSettings(url="http://127.0.0.1:9/v1", model="m", retries=0)
    [remark] = describe_video(output, TextOptions(), DescriptionSettings(endpoint=endpoint))
    assert "worded by templates" in str(remark)
    assert (output.folder / "description.txt").is_file()


def test_without_an_analysis_the_step_says_that_there_is_none(output: VideoOutput):
    (output.folder / ANALYSIS_FILE).unlink()
    with pytest.raises(InputError, match=ANALYSIS_FILE):
        describe_video(output, TextOptions(), DescriptionSettings())
