"""The step that makes a data set of the people in a job's videos."""

import json
from collections.abc import Callable

import pytest
from formats.people import squatting
from schemas.pose_tables import header_of

from neuropose_ray.formats import DatasetKind
from neuropose_ray.schemas.parquet_files import write_predictions
from neuropose_ray.service.jobs.steps.annotate import annotate_videos
from neuropose_ray.service.jobs.steps.settings import AnnotateOptions
from neuropose_ray.service.jobs.steps.videos import VideoSteps
from neuropose_ray.service.jobs.steps.work import StepWork, VideoOutput
from neuropose_ray.service.jobs.views import artifacts_in


class Here:
    """Tasks in this process."""

    def run(self, kind, function, videos, should_stop):
        for video in videos:
            yield video, function(video)


def located(item, folder, _should_stop):
    return folder.uploads / item.name


def test_all_frames_of_all_videos_are_one_data_set_that_clients_can_fetch(work: Callable[..., StepWork]):
    step = work("annotate")
    assert VideoSteps(Here(), located)(step, AnnotateOptions()) == []
    results = step.folder.results
    manifest = json.loads((results / "dataset" / "dataset.json").read_text("utf-8"))
    assert (manifest["kind"], manifest["persons"], sum(manifest["frames"].values())) == ("coco", 8, 8)
    paths = {artifact.path for artifact in artifacts_in(results)}
    assert {"dataset/dataset.json", "dataset/excluded.csv"} <= paths
    assert str(results) not in (results / "dataset" / "dataset.json").read_text("utf-8")
    VideoSteps(Here(), located)(step, AnnotateOptions(kind=DatasetKind.JSONL))
    assert (results / "dataset" / "dataset.jsonl").is_file(), "a step that is done again replaces its data set"
    assert not (results / "dataset" / "annotations").exists()


@pytest.mark.parametrize("kind", DatasetKind)
def test_every_kind_can_be_made(work: Callable[..., StepWork], kind: DatasetKind):
    step = work("annotate")
    output = VideoOutput("results", step.folder.results, step.folder.uploads / "walk.mp4")
    assert annotate_videos(output, AnnotateOptions(kind=kind)) == ()


def test_where_nobody_can_be_labelled_the_job_goes_on_and_says_why(work: Callable[..., StepWork]):
    step = work("annotate")
    table, header = squatting(frames=3)
    other = header_of(table, header.skeleton.model_copy(update={"joint_names": tuple(
        f"joint_{number}" for number in range(len(header.skeleton.joint_names))), "landmarks": {}}))  # fmt: skip
    write_predictions(step.folder.results / "walk" / "predictions.parquet", table, other)
    (error,) = VideoSteps(Here(), located)(step, AnnotateOptions())
    assert error.step == "annotate"
    assert error.message.startswith("no data set: ")
    assert str(step.folder.root) not in error.message + str(error.input)
