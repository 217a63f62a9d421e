import os
import shutil
from pathlib import Path

import cv2
import numpy as np
import pytest

from neuropose_ray.errors import VideoError
from neuropose_ray.pipeline.inputs.signature import signature_of, signature_of_outputs


def test_an_untouched_file_keeps_its_signature(tmp_path: Path):
    (tmp_path / "a.mp4").write_bytes(b"video")
    one = signature_of(tmp_path / "a.mp4")
    assert one == signature_of(tmp_path / "a.mp4")
    assert one.size_bytes == 5


def test_other_content_of_the_same_size_with_the_time_put_back_has_another_one(tmp_path: Path):
    path = tmp_path / "a.mp4"
    path.write_bytes(b"video")
    before, times = signature_of(path), (path.stat().st_atime_ns, path.stat().st_mtime_ns)
    while signature_of(path).text == before.text:  # until the clock of the file system has moved on
        path.write_bytes(b"VIDEO")
        os.utime(path, ns=times)
    assert (signature_of(path).mtime_ns, signature_of(path).size_bytes) == (before.mtime_ns, before.size_bytes)


def test_one_image_of_a_folder_changes_it(tmp_path: Path):
    for number in range(3):
        cv2.imwrite(str(tmp_path / f"image_{number}.png"), np.zeros((8, 8, 3), np.uint8))
    before = signature_of(tmp_path)
    assert before == signature_of(tmp_path)
    cv2.imwrite(str(tmp_path / "image_1.png"), np.full((8, 8, 3), 255, np.uint8))
    assert signature_of(tmp_path).text != before.text


def test_an_image_that_cannot_be_looked_at_is_part_of_the_signature(tmp_path: Path):
    folder = tmp_path / "folder"
    folder.mkdir()
    cv2.imwrite(str(folder / "image_0.png"), np.zeros((8, 8, 3), np.uint8))
    (folder / "image_1.png").symlink_to(tmp_path / "later.png")
    before = signature_of(folder)
    shutil.copy(folder / "image_0.png", tmp_path / "later.png")
    assert signature_of(folder).text != before.text


def test_a_file_that_is_gone_is_one_line(tmp_path: Path):
    with pytest.raises(VideoError, match=r"gone\.mp4"):
        signature_of(tmp_path / "gone.mp4")


def test_results_are_known_again_and_a_missing_one_is_no_result(tmp_path: Path):
    files = [tmp_path / "predictions.parquet", tmp_path / "results.json"]
    for file in files:
        file.write_bytes(b"x")
    before = signature_of_outputs(files)
    assert before
    copies = [Path(shutil.copy2(file, file.with_suffix(".copy"))) for file in files]
    assert signature_of_outputs(copies) == before
    files[1].unlink()
    assert signature_of_outputs(files) == ""
