"""Plans on the disk: read back as they were made, and damaged ones are one line that says what to do."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from neuropose_ray.errors import FileFormatError, OutputError
from neuropose_ray.pipeline.planning.plan import VideoPlan
from neuropose_ray.pipeline.planning.plan_file import read_plan, write_plan
from neuropose_ray.schemas.camera import Camera
from neuropose_ray.video.types import Chunk, ImageFile, VideoInfo, VideoSource


@pytest.fixture
def made(tmp_path: Path) -> VideoPlan:
    """A plan with everything that a plan can have."""
    info = VideoInfo(
        VideoSource(tmp_path / "李 walk", "images", 25.0), 64, 48, 90, "png", 0, np.array([0.0, 0.04, 0.1]),
        np.array([0, 2]), "1" * 64, notes=("a gap", "an odd header"), first_tick=-3, field_coded=True, lost_frames=2,
        images=(
            ImageFile("1.png", 7, 1.5, "2" * 64),
            ImageFile("2.png", error="denied"),
            ImageFile("3.png", 0, 2.5, "3" * 64, is_cut_short=True),
        ),
    )  # fmt: skip
    chunks = (Chunk(0, -np.inf, 0.1, 0, 2), Chunk(1, 0.1, np.inf, 2, 1))
    return VideoPlan("walk", info, Camera.from_field_of_view(64, 48, 60.0), chunks, ("a", "b"), (0, 1, 2))


def test_a_plan_survives_its_file(made: VideoPlan, tmp_path: Path):
    write_plan(tmp_path / "plan.bin", made)
    read = read_plan(tmp_path / "plan.bin")
    assert (read.name, read.camera, read.chunks, read.keys) == (made.name, made.camera, made.chunks, made.keys)
    assert read.sessions == made.sessions
    for name in VideoInfo.__dataclass_fields__:
        np.testing.assert_array_equal(getattr(read.info, name), getattr(made.info, name), err_msg=name)


def test_a_path_is_whole_so_that_a_worker_elsewhere_finds_it(
    made: VideoPlan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.chdir(tmp_path)
    source = VideoSource(Path("walk.mp4"), "file")
    write_plan(Path("plan.bin"), replace(made, info=replace(made.info, source=source)))
    assert read_plan(Path("plan.bin")).info.source.path == tmp_path.resolve() / "walk.mp4"


@pytest.mark.parametrize("content", [None, b"", b"PK", b"no archive"])
def test_a_broken_plan_file_is_one_line(tmp_path: Path, content: bytes | None):
    if content is not None:
        (tmp_path / "plan.bin").write_bytes(content)
    with pytest.raises(FileFormatError, match=r"plan\.bin: not a plan .*; run the same command again"):
        read_plan(tmp_path / "plan.bin")


@pytest.mark.parametrize("cut", [10, 100, 400])
def test_a_plan_that_is_cut_is_no_plan(made: VideoPlan, tmp_path: Path, cut: int):
    path = tmp_path / "plan.bin"
    write_plan(path, made)
    path.write_bytes(path.read_bytes()[:-cut])
    with pytest.raises(FileFormatError):
        read_plan(path)


def test_a_folder_that_cannot_be_written_is_an_error_of_the_output(made: VideoPlan, tmp_path: Path):
    (tmp_path / "file").touch()
    with pytest.raises(OutputError):
        write_plan(tmp_path / "file" / "plan.bin", made)
