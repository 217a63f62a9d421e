import re
from pathlib import Path

import pytest

from neuropose_ray.examples.cohort import cohort


@pytest.mark.slow
def test_all_trials_are_one_table_and_a_bad_one_is_named(weights, test_data: Path, tmp_path: Path, capsys):
    videos = [
        test_data / "tfjs_squats" / "pose_squats.mp4",
        test_data / "odd" / "made_vfr_walk.mp4",
        test_data / "odd" / "made_zero_bytes.mp4",
    ]
    cohort(videos, tmp_path)
    printed = capsys.readouterr().out
    assert "3 videos: 2 completed, 0 partial, 1 failed" in printed
    table = printed.partition("range of motion, degrees\n")[2].splitlines()
    assert table[0].split() == ["trial", "pose_squats", "made_vfr_walk"]
    ranges = {name: (float(walk), float(squat)) for name, squat, walk in map(str.split, table[2:])}
    walk, squat = ranges["right_knee_flexion"]
    assert 20 < walk < squat < 160
    assert (tmp_path / "cohort.json").exists()
    assert re.match(r"trial,path,person,frames,", (tmp_path / "cohort.csv").read_text())
