import pytest
from analysis.runs.samples import phantom, write_parquet

from neuropose_ray.phantom.body import PHANTOM_SKELETON
from neuropose_ray.phantom.motions import Squatting
from neuropose_ray.tutorial import tutorial


@pytest.fixture
def trials(tmp_path):
    """Two squats, and two that are slower and less deep."""
    before = phantom(Squatting(period_s=2.0), seconds=4.0)
    after = phantom(Squatting(period_s=2.5, bottom_knee_deg=95), seconds=5.0)
    return [
        write_parquet(tmp_path / name, positions, joints=PHANTOM_SKELETON)
        for name, positions in (("before", before), ("after", after))
    ]


def test_the_tutorial_tells_what_is_in_the_trials_and_writes_its_pictures(trials, tmp_path, capsys):
    tutorial(*trials, tmp_path / "pictures")
    told = capsys.readouterr().out
    for line in (
        "before.mp4: 120 frames of phantom",
        "the left knee is known in 100% of the frames",
        "right_knee_flexion: 5 to 105 degrees",
        "knee_flexion 2: at 3.00 s, ",
        "the second trial takes 1.25 times as long",
    ):
        assert line in told, told
    assert "knee_flexion 3" not in told
    assert "_flexion differs by" in told
    assert sorted(file.name for file in (tmp_path / "pictures").iterdir()) == [
        "knees.png", "skeleton.png", "trajectories.png",
    ]  # fmt: skip
