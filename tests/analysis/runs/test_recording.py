"""What a recording leaves unsure is said once, in the analysis, for every place that shows numbers."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.phantom_results import squatting, truth_table, write_results

from neuropose_ray.analysis.motion import Motion
from neuropose_ray.analysis.runs.config import InputsConfig
from neuropose_ray.analysis.runs.defaults import default_analysis
from neuropose_ray.analysis.runs.recording import (
    RecordingSettings,
    coverage_warnings,
    doubtful,
    recording_warnings,
)
from neuropose_ray.analysis.runs.run import run_analysis
from neuropose_ray.analysis.runs.trials import Trial, load_trial
from neuropose_ray.analysis.uncertainty.conditions import Conditions, view_deg
from neuropose_ray.errors import FileFormatError
from neuropose_ray.formats.imported import poses_of_trajectories
from neuropose_ray.formats.trajectories import Trajectories
from neuropose_ray.phantom.body import PHANTOM_SKELETON
from neuropose_ray.schemas.fitting import FittingReport, SideExchange, TrackFit
from neuropose_ray.schemas.header import PredictionsHeader, TrackReturn, VideoMetadata
from neuropose_ray.schemas.json_files import save_model
from neuropose_ray.schemas.parquet_files import write_predictions
from neuropose_ray.schemas.poses import Poses, PoseTable
from neuropose_ray.schemas.skeleton import Skeleton

TIMES = np.arange(0, 3, 1 / 20)


def fitting(*, improved=True, doubted=0, **height) -> FittingReport:
    flags = (2,) * doubted + (0,) * (60 - doubted)
    track = TrackFit(
        track_id=0, improved=improved, frame_index=tuple(range(60)), residual_px=(1.0,) * 60, flags=flags
    )
    return FittingReport(tracks=(track,), **height)


def warnings_of(folder, fit=None, view=40.0):
    table = truth_table(squatting(view_deg=view), TIMES)
    believed = fit is not None and fit.tracks[0].improved
    write_results(folder, table.with_fitted(table.poses.poses3d) if believed else table)
    if fit is not None:
        save_model(folder / "fitting.json", fit)
    trial = load_trial(folder)
    return recording_warnings(trial, 0, trial.motion())


@pytest.mark.parametrize(
    ("height", "said"),
    [
        ({"height_m": 1.7, "height_source": "assumed"}, "the person's height was assumed (1.70 m)"),
        ({"height_m": 1.82, "height_source": "given"}, None),
        ({}, "1.70 m where none was"),
    ],
)
def test_an_assumed_height_is_warned_of_and_a_given_one_is_not(tmp_path, height, said):
    texts = [text for text in warnings_of(tmp_path / "a", fitting(**height)) if "height" in text]
    assert [said in text for text in texts] == ([True] if said else [])


def test_a_fit_that_is_not_believed_is_missing_or_doubtful_is_warned_of(tmp_path):
    given = {"height_m": 1.7, "height_source": "given"}
    assert any("was not believed" in text for text in warnings_of(tmp_path / "a", fitting(improved=False, **given)))
    assert any("no skeleton of constant bones was fitted" in text for text in warnings_of(tmp_path / "b"))
    doubted = warnings_of(tmp_path / "c", fitting(doubted=30, **given))
    assert any("in 50% of the frames the fitted skeleton lies off" in text for text in doubted)
    assert not any("lies off" in text for text in warnings_of(tmp_path / "d", fitting(doubted=3, **given)))


@pytest.mark.parametrize(("view", "said"), [(0, "nearly from the front"), (90, "from the side"), (40, None)])
def test_a_view_that_hides_what_is_measured_is_warned_of(tmp_path, view, said):
    views = [text for text in warnings_of(tmp_path / "view", view=view) if "camera sees the person" in text]
    assert [said in text for text in views] == ([True] if said else [])


@pytest.mark.parametrize("view", range(0, 91, 15))
def test_the_view_is_where_the_camera_stands(view):
    scene = squatting(view_deg=float(view))
    joints = scene.truth(TIMES, 640, 480).persons[0].joints3d_mm
    motion = Motion("phantom", PHANTOM_SKELETON, TIMES, joints, np.ones(joints.shape[:2]))
    assert view_deg(motion) == pytest.approx(view, abs=8)


def test_a_damaged_file_of_the_fit_is_an_error_that_names_it(tmp_path):
    folder = write_results(tmp_path / "a", truth_table(squatting(), TIMES))
    (folder / "fitting.json").write_text("{}")
    trial = load_trial(folder)
    with pytest.raises(FileFormatError, match=r"fitting\.json: is not what a fit writes"):
        recording_warnings(trial, 0, trial.motion())


def test_motion_capture_rests_on_no_camera_no_height_and_no_depth(tmp_path):
    """Of a walk straight towards where a camera would be, whose depth would be all that one camera sees of it."""
    from analysis.runs.samples import phantom

    from neuropose_ray.phantom.gait import Walking

    walk = phantom(Walking(), 4.0, 100.0, heading_deg=0.0)
    points = Trajectories(PHANTOM_SKELETON.joint_names, 100.0, 0.0, walk * np.array([1.0, -1.0, -1.0]))
    table, header = poses_of_trajectories(points, up="y", name="lab.trc")
    (tmp_path / "lab").mkdir()
    write_predictions(tmp_path / "lab" / "predictions.parquet", table, header)
    config = default_analysis(InputsConfig(primary=tmp_path / "lab"), tmp_path / "a.json")
    report = run_analysis(config)
    assert report.results.gait is not None
    assert load_trial(tmp_path / "lab").motion().is_measured
    for word in ("depth", "camera", "height", "score"):
        assert not any(word in warning for warning in report.warnings), word
    assert report.warnings[0] == "Imported: no video of this program was looked at."


def test_an_analysis_says_what_the_recording_leaves_unsure(tmp_path):
    folder = write_results(tmp_path / "a", truth_table(squatting(view_deg=0), TIMES), notes=("It was dark.",))
    warnings = run_analysis(default_analysis(InputsConfig(primary=folder), tmp_path / "a.json")).warnings
    assert "height" in warnings[0] or "fitted" in warnings[0]  # what concerns every number, before a note of the file
    assert warnings.index("It was dark.") > next(row for row, text in enumerate(warnings) if "field of view" in text)
    assert any("nearly from the front" in warning for warning in warnings)


@given(st.dictionaries(st.sampled_from("abcdefghijkl"), st.floats(0, 1), max_size=12), st.floats(0, 1))
def test_what_is_known_in_few_frames_says_in_how_many(coverages, few):
    warnings = coverage_warnings(coverages, RecordingSettings(few_frames=few))
    rare = {name: share for name, share in coverages.items() if 0 < share < few}
    never = [name for name, share in coverages.items() if share == 0]
    assert [text.startswith(("known in few", "all angles")) for text in warnings] == [True] * bool(rare) + (
        [False] * bool(never)
    )
    if never and len(never) < len(coverages) and len(never) <= 6:
        assert warnings[-1].endswith(f": {', '.join(never)}")
    if rare and len(rare) < len(coverages) and len(rare) <= 6:
        assert all(f"{name} {share:.0%}" in warnings[0] for name, share in rare.items())


def test_frames_that_the_fit_has_not_are_not_doubtful():
    assert doubtful(fitting(doubted=4).tracks[0], 3).tolist() == [1, 1, 1]
    assert doubtful(fitting(doubted=2).tracks[0], 80).sum() == 2


def test_exchanged_sides_are_told_with_what_was_done_about_them(tmp_path):
    track = fitting().tracks[0]
    exchanges = (
        SideExchange(limb="legs", first_frame=4, last_frame=20, log_odds=3.0, repaired=True),
        SideExchange(limb="arms", first_frame=30, last_frame=50, log_odds=0.8, repaired=False),
    )
    texts = warnings_of(tmp_path, FittingReport(tracks=(track.model_copy(update={"exchanges": exchanges}),)))
    assert "right and left legs were exchanged in frames 4 to 20 and were put back" in texts
    assert any(text.startswith("right and left arms may be exchanged in frames 30 to 50") for text in texts)


def test_who_came_back_is_told_with_how_sure_it_is_that_it_is_the_same_person(tmp_path):
    write_results(tmp_path, truth_table(squatting(view_deg=40), TIMES))
    trial = load_trial(tmp_path)
    returns = (TrackReturn(track=0, frame=40, unseen_s=3.02, certainty=0.91),)
    metadata = trial.header.metadata.model_copy(update={"returns": returns})
    trial = replace(trial, header=trial.header.model_copy(update={"metadata": metadata}))
    mine, others = (recording_warnings(trial, track, trial.motion()) for track in (0, 1))
    assert any("away for 3.0 s before frame 40" in text and "91 % sure" in text for text in mine)
    assert not any("away for" in text for text in others)


@given(view=st.floats(0, 90))
def test_readers_are_warned_of_a_view_where_the_error_bands_take_it_for_one(view):
    right = np.array([np.cos(np.radians(view)), 0.0, np.sin(np.radians(view))]) * 140
    skeleton = Skeleton(name="hips", joint_names=("l", "r"), landmarks={"left_hip": "l", "right_hip": "r"})
    positions = np.tile(np.array([-right, right]) + (0.0, 0.0, 1e6), (3, 1, 1))
    motion = Motion("hips", skeleton, np.arange(3.0), positions, np.ones((3, 2)))
    metadata = VideoMetadata(frame_count=3, fps=1.0, width=64, height=48)
    nobody = PoseTable(np.arange(3.0), Poses.empty(2))
    trial = Trial("hips", Path("hips.json"), PredictionsHeader(metadata=metadata, skeleton=skeleton), nobody)
    views = [text for text in recording_warnings(trial, None, motion) if "camera sees the person" in text]
    said = {"front": ["nearly from the front"], "side": ["from the side"], "oblique": []}
    expected = said[Conditions(from_video=True, view_deg=view_deg(motion)).view]
    assert len(views) == len(expected)
    assert all(part in text for part, text in zip(expected, views, strict=True))


def test_parts_of_the_body_that_are_never_seen_are_named():
    unseen = {f"angle_{number}": 0.0 for number in range(8)}
    (text,) = coverage_warnings(unseen | {"left_knee_flexion": 1.0})
    assert text.startswith(
        "not known in any frame, since parts of the body are hidden or out of the picture: angle 0"
    )
    assert text.endswith("angle 5, 2 more")
    assert coverage_warnings(unseen) == ("no angle is known in any frame: too little of the body is seen",)
    few, never = coverage_warnings({"a": 0.2, "b": 0.0, "c": 1.0})
    assert few.endswith("a 20%")
    assert never.endswith(": b")


def test_half_a_person_is_said_to_be_half_a_person(tmp_path):
    table = truth_table(squatting(), TIMES)
    legs = ("knee", "ankle", "heel", "toe", "foot")
    hidden = [not any(part in name.lower() for part in legs) for name in PHANTOM_SKELETON.joint_names]
    table.poses.joint_scores[:, hidden] = 0.05
    folder = write_results(tmp_path / "half", table)
    report = run_analysis(default_analysis(InputsConfig(primary=folder), tmp_path / "a.json"))
    assert any("hidden or out of the picture: right hip flexion" in warning for warning in report.warnings)
    unknown = [angle for angle in report.results.angles if not angle.coverage]
    assert unknown
    assert all(angle.reliable for angle in unknown), "there is no number to doubt"
    assert not any(angle.name in remark.sentence for angle in unknown for remark in report.results.remarks)
