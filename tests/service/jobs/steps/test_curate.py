"""The step that curates: all videos of a job at once, one that cannot be read stops none of the others."""

import json
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import av
import numpy as np
from support.frame_folders import scene

from neuropose_ray.service.jobs.steps.settings import CurateOptions
from neuropose_ray.service.jobs.steps.videos import VideoSteps
from neuropose_ray.service.jobs.steps.work import Remarks, StepWork, VideoOutput


class Here:
    """Tasks in this process."""

    def run(
        self, kind: str, function: Callable[[VideoOutput], Remarks], videos: Sequence[VideoOutput], should_stop
    ) -> Iterator[tuple[VideoOutput, Remarks | Exception]]:
        for video in videos:
            yield video, function(video)


def located(item, folder, _should_stop):
    return folder.uploads / item.name


def write_video(path: Path, frames: int = 10) -> None:
    with av.open(path, "w") as container:
        stream = container.add_stream("libx264", rate=30)
        stream.width, stream.height, stream.pix_fmt = 96, 72, "yuv420p"
        for index in range(frames):
            container.mux(
                stream.encode(av.VideoFrame.from_ndarray(np.ascontiguousarray(scene(index)), format="rgb24"))
            )
        container.mux(stream.encode(None))


def test_frames_of_all_videos_are_measured_and_a_broken_one_is_named(work: Callable[..., StepWork]):
    step = work("curate")
    write_video(step.folder.uploads / "walk.mp4")
    (error,) = VideoSteps(Here(), located)(step, CurateOptions())
    assert (error.input, error.step) == ("empty.mp4", "curate")
    results = step.folder.results
    summary = json.loads((results / "curation.json").read_text("utf-8"))
    assert {stream["input"]: stream["state"] for stream in summary["streams"]} == {
        "walk.mp4": "completed",
        "empty.mp4": "failed",
    }
    assert len(list(results.glob("*/frames.parquet"))) == 1
    assert str(results) not in (results / "contact_sheet.html").read_text("utf-8")
