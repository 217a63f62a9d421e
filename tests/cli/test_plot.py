import re
from functools import cache

import numpy as np
import pytest
import typer
from support.phantom_results import filmed_slowly, seconds, squatting, truth_table, write_results
from typer.testing import CliRunner

from neuropose_ray import report
from neuropose_ray.analysis.dtw.matrix import DistanceMatrix, DistanceMatrixSettings
from neuropose_ray.analysis.dtw.matrix_files import save_distance_matrix
from neuropose_ray.cli.plot import plot
from neuropose_ray.errors import FileFormatError, InputError, OutputError, SettingsError
from neuropose_ray.phantom.scene import Scene
from neuropose_ray.render.overlay.choices import AngleJoint
from neuropose_ray.schemas.derived_files import is_derived

app = typer.Typer()
app.command()(plot)

SIGNATURES = {"png": b"\x89PNG", "svg": b"<?xml", "pdf": b"%PDF"}


def run(*arguments):
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


@pytest.fixture(scope="module")
def squats(tmp_path_factory):
    return write_results(tmp_path_factory.mktemp("out") / "squats", truth_table(squatting(), seconds(8)))


@pytest.fixture(scope="module", autouse=True)
def measured_once():
    """What a report says of the same file and choices is found once: most tests here ask it of the same squats."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(report, "report_content", cache(report.report_content))
        yield


@pytest.mark.parametrize(
    ("kind", "file_format", "show"),
    [
        ("angles", "svg", ()),
        ("cycles", "pdf", ("--show", "knee_flexion")),
        ("trajectories", "svg", ("--show", "left_knee")),
        ("quality", "png", ()),
    ],
)
def test_every_kind_is_written_beside_the_predictions_in_the_format_asked_for(squats, kind, file_format, show):
    result = run(squats, "--kind", kind, "--format", file_format, *show)
    assert (result.exit_code, result.stdout) == (0, f"{squats / kind}.{file_format}\n")
    assert (squats / f"{kind}.{file_format}").read_bytes().startswith(SIGNATURES[file_format])


@pytest.mark.parametrize(
    ("kind", "show"), [("angles", "knee_flexion"), ("cycles", "knee_flexion"), ("trajectories", "left_knee")]
)
def test_a_picture_says_what_the_report_warns_of(squats, tmp_path, kind, show):
    target = tmp_path / "a.svg"
    assert run(squats, "--kind", kind, "--show", show, "--out", target).exit_code == 0
    assert "No skeleton of constant bones was fitted" in target.read_text("utf-8")


def test_the_text_of_an_svg_names_angles_units_and_repetitions(squats, tmp_path):
    target = tmp_path / "knees.svg"
    assert run(squats, "--kind", "angles", "--show", "knee_flexion", "--out", target).exit_code == 0
    text = target.read_text("utf-8")
    assert all(f">{word}<" in text for word in ("Knee flexion", "angle (°)", "time (s)", "left", "right", "1", "3"))
    assert "Hip flexion" not in text


@pytest.mark.parametrize(
    ("show", "titles"),
    [
        (("knee",), ["Knee flexion"]),
        (("knee,hip",), ["Knee flexion", "Hip flexion"]),
        (("hip", "knee_flexion"), ["Hip flexion", "Knee flexion"]),
        (("elbow",), ["Elbow flexion"]),
        (("shoulder",), ["Shoulder elevation"]),
        (("ankle",), ["Ankle dorsiflexion"]),
    ],
)
def test_angles_are_named_as_overlay_names_them(squats, tmp_path, show, titles):
    target = tmp_path / "angles.svg"
    options = [part for name in show for part in ("--show", name)]
    assert run(squats, "--kind", "angles", *options, "--out", target).exit_code == 0
    text = target.read_text("utf-8")
    drawn = re.findall(r">((?:Knee|Hip|Elbow|Shoulder|Ankle|Trunk)[^<]*)<", text)
    assert [title.removesuffix(", not reliable") for title in drawn] == titles


def test_every_joint_at_which_overlay_writes_an_angle_can_be_plotted(squats, tmp_path):
    for joint in AngleJoint:
        assert run(squats, "--kind", "cycles", "--show", joint, "--out", tmp_path / f"{joint}.svg").exit_code == 0


def test_a_joint_without_a_side_is_both_sides_trajectory(squats, tmp_path):
    target = tmp_path / "trajectories.svg"
    assert run(squats, "--kind", "trajectories", "--show", "knee", "--out", target).exit_code == 0
    text = target.read_text("utf-8")
    assert all(f">{word}<" in text for word in ("knee (mm)", "left", "right"))


def test_two_trials_are_drawn_against_each_other(squats, tmp_path):
    other = write_results(tmp_path / "slower", truth_table(squatting(period_s=2.7), seconds(8.6)))
    target = tmp_path / "dtw.svg"
    assert run(squats, "--kind", "dtw", "--against", other, "--out", target).exit_code == 0
    text = target.read_text("utf-8")
    assert all(
        f">{word}<" in text for word in ("time in squats (s)", "time in slower (s)", "left knee", "deviation (mm)")
    )


def test_a_distance_matrix_is_drawn_in_the_order_of_its_clustering(tmp_path):
    distances = DistanceMatrix(
        names=("a", "b", "broken"),
        matrix=np.array([[0, 0.27, np.nan], [0.27, 0, np.nan], [np.nan] * 3]),
        neighbours={"a": ("b",), "b": ("a",), "broken": ()},
        order=("b", "a", "broken"),
        errors={"broken": "no"},
        settings=DistanceMatrixSettings(),
    )
    save_distance_matrix(tmp_path / "distances.json", distances)
    result = run(tmp_path / "distances.json", "--kind", "matrix", "--format", "svg")
    assert result.exit_code == 0
    text = (tmp_path / "matrix.svg").read_text("utf-8")
    assert "distance (rad)" in text
    assert text.count(">0.27<") == 2
    assert text.index(">b<") < text.index(">a<") < text.index(">broken<")
    (tmp_path / "other.json").write_text("{}")
    assert isinstance(run(tmp_path / "other.json", "--kind", "matrix").exception, FileFormatError)


@pytest.mark.parametrize(
    ("wrong", "error", "said"),
    [
        (("--kind", "dtw"), SettingsError, "dtw needs it"),
        (
            ("--kind", "angles", "--show", "tail_flexion"),
            SettingsError,
            "no angle tail_flexion; there are knee_flexion",
        ),
        (("--kind", "trajectories", "--show", "tail"), InputError, "phantom has no joint tail; it has"),
        (("--kind", "quality", "--out", "quality.bmp"), OutputError, "no picture format '.bmp'"),
        (("--kind", "quality", "--out", "quality.svg", "--format", "pdf"), SettingsError, "is not pdf"),
    ],
)
def test_what_cannot_be_drawn_is_one_line(squats, wrong, error, said):
    result = run(squats, *wrong)
    assert isinstance(result.exception, error)
    assert said in str(result.exception)


def test_a_title_says_whom_a_figure_is_of_where_others_are_in_the_video():
    from neuropose_ray.cli.plot import _with_person
    from neuropose_ray.render.records import Fact, PersonTrack

    positions = np.zeros((1, 2, 3), np.float32)
    alone, one_of_two = (
        PersonTrack(0, positions, facts=(Fact("Person", who),)) for who in ("track 0", "track 0 of 2 (others: 1)")
    )
    assert _with_person("walk", alone) == "walk"
    assert _with_person("walk", one_of_two) == "walk, track 0 of 2 (others: 1)"


@pytest.mark.slow
def test_everybody_has_a_figure_of_their_own(tmp_path):
    (one,) = squatting().persons
    folder = write_results(tmp_path / "two", truth_table(Scene((one,) * 2, squatting().camera), seconds(4)))
    done = run(folder, "--kind", "angles", "--show", "knee", "--person", "all")
    assert done.stdout.split() == [str(folder / f"track{track}.angles.png") for track in (0, 1)]
    assert all(is_derived(path.name) for path in folder.glob("track*"))
    for wrong in (("--out", tmp_path / "a.png"), ("--track", 1)):
        assert isinstance(run(folder, "--kind", "angles", "--person", "all", *wrong).exception, SettingsError)


@pytest.mark.slow
def test_slow_motion_is_drawn_over_the_times_of_what_was_filmed(tmp_path):
    folder = write_results(tmp_path / "slow", filmed_slowly(seconds(4.2, 160)))
    for options, last_second in (((), "30"), (("--capture-fps", 160), "4")):
        target = tmp_path / "knees.svg"
        assert run(folder, "--kind", "angles", "--show", "knee", *options, "--out", target).exit_code == 0
        times = target.read_text("utf-8").split('id="matplotlib.axis_2"')[0]
        assert re.findall(r">(\d+)(?:\.0)?</text>", times)[-1] == last_second
    assert "stored 8 times slowed down" in target.read_text("utf-8")
