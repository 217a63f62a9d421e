"""The JSON of a job of several videos, which is never in memory whole."""

import json
from pathlib import Path

from neuropose_ray.service.http.results import joined_results


def test_the_results_of_several_videos_are_one_object_with_each_under_its_name(tmp_path: Path):
    frames = {
        f"frame_{number:06}": {"boxes": [], "poses3d": [[[0.5] * 3] * 33], "poses2d": []} for number in range(2000)
    }
    videos = {
        "walk.mp4": {"schema_version": 2, "frames": frames},  # some blocks long
        "a}{b.mp4": {"schema_version": 2, "frames": {}},
        "none.mp4": {},
    }
    for name, predictions in videos.items():
        folder = tmp_path / Path(name).stem
        folder.mkdir()
        (folder / "results.json").write_text(json.dumps({name: predictions}, indent=1) + "\n")
    blocks = list(joined_results(tmp_path, [Path(name).stem for name in videos]))
    assert json.loads(b"".join(blocks)) == videos
    assert max(map(len, blocks)) <= 2**18 < sum(map(len, blocks))
