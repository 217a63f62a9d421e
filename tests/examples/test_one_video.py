import re
from pathlib import Path

from neuropose_ray.examples.one_video import one_video


def test_a_squat_bends_both_knees(weights, test_data: Path, tmp_path: Path, capsys):
    one_video(test_data / "tfjs_squats" / "pose_squats.mp4", tmp_path)
    printed = capsys.readouterr().out
    assert "1 video: 1 completed, 0 partial, 0 failed" in printed
    assert "65 frames computed" in printed
    assert re.search(r"^skeleton +blazepose_33, 33 joints$", printed, re.MULTILINE)
    for side in ("left", "right"):
        least, most = map(
            int, re.search(rf"^{side} knee flexion: (-?\d+) to (\d+) degrees$", printed, re.MULTILINE).groups()
        )
        assert least < 30
        assert 70 < most < 160


def test_a_video_that_cannot_be_read_is_one_line(test_data: Path, weights, tmp_path: Path, capsys):
    one_video(test_data / "odd" / "made_zero_bytes.mp4", tmp_path)
    printed = capsys.readouterr().out.splitlines()
    assert printed[0] == "1 video: 0 completed, 0 partial, 1 failed"
    assert printed[2].startswith("failed: made_zero_bytes: ")
