"""The contact sheet: worst frames first, whatever names hold, also where pictures are gone."""

import shutil
from contextlib import closing
from pathlib import Path

import pytest
from support.frame_folders import blurred, dark, write_folder

from neuropose_ray.curation import CurationSettings
from neuropose_ray.errors import InputNotFoundError
from neuropose_ray.pipeline.curation.run import curate
from neuropose_ray.pipeline.engines.local import LocalEngine
from neuropose_ray.pipeline.inputs.source_record import find_video
from neuropose_ray.pipeline.state.progress import NullReporter
from neuropose_ray.report.contact_sheet import write_contact_sheet


def curated(folder: Path, out: Path) -> Path:
    with closing(LocalEngine(1)) as engine:
        curate([folder], out, settings=CurationSettings(), engine=engine, progress=NullReporter())
    return out


def test_every_finding_has_its_pictures(tmp_path: Path):
    frozen = dict.fromkeys(range(20, 36), 20)
    write_folder(tmp_path / "cam", 40, {3: blurred, 9: dark}, frozen)
    page = write_contact_sheet(curated(tmp_path / "cam", tmp_path / "out"), find_video).read_text("utf-8")
    for words in (
        "blurred: 1 frame",
        "dark: 1 frame",
        "16 frames alike",
        "idle from 0.7 s to 1.2 s: 16 frames",
    ):
        assert words in page
    assert "alt='image_9.png, 0.30 s, luma mean" in page
    assert "no picture" not in page


def test_near_duplicates_of_all_streams_are_below_their_representative(tmp_path: Path):
    write_folder(tmp_path / "in" / "a", 12, {4: blurred})
    write_folder(tmp_path / "in" / "b", 12, copies={7: 4})
    page = write_contact_sheet(curated(tmp_path / "in", tmp_path / "out"), find_video).read_text("utf-8")
    groups = page[page.index("<h2>near-duplicates</h2>") :].split("<h3")[1:]
    assert len(groups) == 11
    group = next(part for part in groups if "b: image_7.png" in part)
    assert "3 frames alike, of 2 streams" in group
    captions = [part.partition("<")[0] for part in group.split("<figcaption>")[1:]]
    assert captions[0].startswith("representative, b: image_4.png")
    assert [caption.split(",")[0] for caption in captions[1:]] == ["a: image_4.png", "b: image_7.png"]


def test_names_cannot_put_anything_into_the_page(tmp_path: Path):
    folder = write_folder(tmp_path / "cam", 12, {3: blurred})
    for path in folder.iterdir():
        path.rename(folder / path.name.replace("image_", "<script>'a'</script>_".replace("/", "")))
    page = write_contact_sheet(curated(folder, tmp_path / "out"), find_video).read_text("utf-8")
    assert "<script" not in page
    assert "&lt;script&gt;" in page


def test_a_stream_whose_video_is_gone_is_shown_without_pictures(tmp_path: Path):
    folder = write_folder(tmp_path / "cam", 12, {3: blurred})
    curated(folder, tmp_path / "out")
    shutil.rmtree(folder)
    page = write_contact_sheet(tmp_path / "out", find_video).read_text("utf-8")
    assert "without pictures" in page
    assert "data:image" not in page


def test_a_folder_without_streams_is_refused(tmp_path: Path):
    with pytest.raises(InputNotFoundError, match="no stream has"):
        write_contact_sheet(tmp_path, find_video)
