"""The demo's last part, on results that are the truth: what is found is the truth, and it says where to look."""

import io

import pytest
from rich.console import Console
from support.phantom_results import truth_table, write_results

from neuropose_ray.cli.demo import DURATION_S, _comparison, _print_next_steps
from neuropose_ray.cli.tables import TextTable, print_table
from neuropose_ray.phantom.scene import demo_scene
from neuropose_ray.phantom.truth import save_truth
from neuropose_ray.phantom.video import even_times, truth_path


@pytest.fixture
def demo(tmp_path):
    """The video's path, its truth beside it, and results that are that truth."""
    video, times_s = tmp_path / "phantom.mp4", even_times(DURATION_S, 10)
    save_truth(truth_path(video), demo_scene().truth(times_s, 1280, 720))
    write_results(tmp_path / "phantom", truth_table(demo_scene(), times_s))
    return video, tmp_path / "phantom"


def printed(table: TextTable) -> list[list[str]]:
    text = io.StringIO()
    print_table(Console(file=text, width=120), table)
    return [line.split() for line in text.getvalue().splitlines()]


def test_what_was_found_is_compared_with_the_truth(demo):
    video, folder = demo
    lines = printed(_comparison(folder, video))
    cells = {" ".join(line[:-2]): line[-2:] for line in lines[1:]}
    assert cells["frames with the person"] == ["50", "50"]
    truth, found = cells["right knee at the 2 squats' bottoms, deg"]
    assert truth == found
    assert cells["knee error, deg"] == ["0", "0.0"]
    assert cells["joint error (PA-MPJPE), mm"] == ["0", "0"]


def test_the_next_steps_name_the_files(demo):
    _, folder = demo
    text = io.StringIO()
    _print_next_steps(Console(file=text, width=40), folder)
    for name in ("report.html", "overlay.mp4", "predictions.parquet"):
        assert str(folder / name) in text.getvalue()
