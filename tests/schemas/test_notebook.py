import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from schemas.pose_tables import ARM, header_of, pose_tables, properties, table_of

from neuropose_ray.errors import InputError
from neuropose_ray.schemas.header import PredictionsHeader, VideoMetadata
from neuropose_ray.schemas.poses import Poses, PoseTable
from neuropose_ray.schemas.predictions import JobResults, VideoPredictions
from neuropose_ray.schemas.skeletons import H36M_17


def video(table, skeleton=ARM):
    return VideoPredictions.from_table(table, header_of(table, skeleton))


def arm(frames=4, persons=2):
    """Two tracks, the second in the last frame alone not seen, and fitted in part."""
    table = table_of(frames, persons)
    fitted = table.poses.poses3d + 1
    fitted[0] = np.nan
    table = table.with_fitted(fitted)
    rows = np.arange(len(table.poses) - 1)
    return PoseTable(table.timestamps_s, table.poses.take(rows), table.track_ids[rows], table.poses3d_fitted[rows])


def nobody(frames=3):
    return PoseTable(np.arange(frames) / 30, Poses.empty(3), np.zeros(0, np.int32))


@properties
@given(pose_tables())
def test_a_data_frame_holds_every_number_once(table):
    frame = video(table).to_pandas()
    assert len(frame) == len(table.poses) * len(ARM)
    shape = (len(table.poses), len(ARM))
    for names, values in ((("x_px", "y_px"), table.poses.poses2d), (("x_mm", "y_mm", "z_mm"), table.poses.poses3d)):
        np.testing.assert_array_equal(frame[list(names)].to_numpy(np.float32).reshape(values.shape), values)
    np.testing.assert_array_equal(frame["score"].to_numpy().reshape(shape), table.poses.joint_scores)
    np.testing.assert_array_equal(frame["timestamp_s"], np.repeat(table.timestamps_s[table.poses.frame], len(ARM)))


def test_a_data_frame_says_who_and_which_joint():
    frame = video(arm()).to_pandas()
    assert list(frame.columns) == [
        "frame_index", "timestamp_s", "person", "track_id", "joint", "x_px", "y_px", "x_mm", "y_mm", "z_mm", "score",
        "x_fitted_mm", "y_fitted_mm", "z_fitted_mm",
    ]  # fmt: skip
    row = frame[(frame.frame_index == 2) & (frame.track_id == 1) & (frame.joint == "wrist")].iloc[0]
    table = arm()
    assert row["person"] == 1
    assert row["z_mm"] == table.poses.poses3d[5, 2, 2]
    assert row["z_fitted_mm"] == table.poses3d_fitted[5, 2, 2]
    assert list(frame["joint"].cat.categories) == ["shoulder", "elbow", "wrist"]
    assert np.isnan(frame["x_fitted_mm"].iloc[0])


def test_what_was_not_done_has_no_columns():
    table = table_of(2)
    untracked = PoseTable(table.timestamps_s, table.poses)
    assert not {"track_id", "x_fitted_mm"} & set(video(untracked).to_pandas().columns)
    assert len(video(nobody()).to_pandas()) == 0


def test_an_array_is_one_persons_joints_with_nan_where_they_are_missing():
    table = arm()
    predictions = video(table)
    first, second = predictions.to_numpy(0), predictions.to_numpy(1)
    assert first.shape == (4, 3, 3)
    np.testing.assert_array_equal(first[1:], table.poses3d_fitted[2::2])
    np.testing.assert_array_equal(first[0], table.poses.poses3d[0], err_msg="where nothing was fitted")
    np.testing.assert_array_equal(predictions.to_numpy(0, fitted=False), table.poses.poses3d[::2])
    assert np.isnan(second[3]).all()
    np.testing.assert_array_equal(predictions.to_numpy(), first, err_msg="who is seen in most frames")
    assert np.isnan(video(nobody()).to_numpy()).all()


def test_without_tracks_a_person_is_a_position_in_the_frame():
    table = arm()
    predictions = video(PoseTable(table.timestamps_s, table.poses))
    np.testing.assert_array_equal(predictions.to_numpy(1)[:3], table.poses.poses3d[1::2])
    with pytest.raises(InputError, match="there is no person 2; there are: 0, 1"):
        predictions.to_numpy(2)


def test_a_person_who_is_not_there_is_named_with_those_who_are():
    with pytest.raises(InputError, match="there is no track 7; there are: 0, 1"):
        video(arm()).to_numpy(7)


def test_a_figure_shows_the_joints_over_time_with_units():
    table = table_of(5, joints=17)
    axes = video(table, H36M_17).plot().axes
    assert [one.get_ylabel() for one in axes] == ["x, to the right (mm)", "height, -y (mm)", "z, away (mm)"]
    assert axes[-1].get_xlabel() == "time (s)"
    (line,) = [line for line in axes[1].get_lines() if line.get_label() == "left knee"]
    np.testing.assert_allclose(line.get_ydata(), -table.poses.poses3d[:, H36M_17.index("lkne"), 1])
    np.testing.assert_allclose(line.get_xdata(), table.timestamps_s)


def test_a_figure_of_a_frame_shows_every_bone_in_the_colour_of_its_side():
    table = table_of(5, joints=17)
    (axes,) = video(table, H36M_17).plot(frame=3).axes
    lines = axes.get_lines()
    assert len(lines) == len(H36M_17.edges)
    colours = {edge: line.get_color() for edge, line in zip(H36M_17.edges, lines, strict=True)}
    right, left, middle = ((1, 2), (4, 5), (7, 8))
    assert len({colours[right], colours[left], colours[middle]}) == 3
    with pytest.raises(InputError, match="there is no frame 5; there are 5, from 0"):
        video(table, H36M_17).plot(frame=5)


def test_figures_are_not_left_open():
    import matplotlib.pyplot as plt

    before = plt.get_fignums()
    video(table_of(3)).plot()
    video(nobody()).plot(frame=1)
    assert plt.get_fignums() == before


def test_the_table_of_a_notebook_says_what_is_there():
    text = re.sub(r"<[^>]+>", " ", video(arm())._repr_html_())
    for part in ("arm.mp4", "4 at 30.00 per second, 640 x 480 px", "2, at most 2 at once", "100.0% of the frames",
                 "arm, 3 joints", "fitted", "blazepose"):  # fmt: skip
        assert part in text, part
    assert "0.0% of the frames" in video(nobody())._repr_html_()


def test_printed_predictions_are_a_few_lines():
    lines = dict(re.split(r" {2,}", line, maxsplit=1) for line in str(video(arm())).splitlines())
    assert lines == {
        "video": "arm.mp4",
        "frames": "4 at 30.00 per second, 640 x 480 px",
        "times": "0.000 to 0.100 s",
        "people": "2, at most 2 at once",
        "coverage": "100.0% of the frames show somebody",
        "skeleton": "arm, 3 joints",
        "2D": "px",
        "3D": "mm, x right, y down, z forward from the camera; fitted and the model's",
        "model": "blazepose",
    }
    assert repr(video(arm())) == "VideoPredictions(filename='arm.mp4', frames=4, skeleton='arm')"
    assert str(video(nobody())).splitlines()[3] == "people    0, at most 0 at once"
    assert "segments  swing, stance" in str(
        video(arm()).model_copy(update={"segmentations": {"swing": 1, "stance": 2}})
    )


@properties
@given(table=pose_tables(), filename=st.none() | st.text())
def test_whatever_is_in_a_video_is_printed_in_a_few_lines_of_text(table, filename):
    metadata = VideoMetadata(frame_count=table.frame_count, fps=30, width=6, height=4, filename=filename)
    predictions = VideoPredictions.from_table(table, PredictionsHeader(metadata=metadata, skeleton=ARM))
    assert len(str(predictions).splitlines()) == 9
    assert str(predictions).replace("\n", "").isprintable()
    assert len(repr(predictions)) < 200 + 10 * len(filename or "")


def test_a_jobs_results_are_printed_video_by_video():
    results = JobResults({f"clip {number}": video(arm()) for number in range(12)})
    assert str(results).startswith("clip 0\nvideo     arm.mp4\n")
    assert str(results).endswith("and 2 more")
    assert len(str(results).splitlines()) < 120
    assert repr(JobResults({"clip": video(arm())})) == "JobResults(videos=['clip'])"
    assert str(JobResults({})) == "no videos"


def test_names_cannot_bring_html_of_their_own():
    table = table_of(1)
    metadata = VideoMetadata(frame_count=1, fps=30, width=6, height=4, filename="<script>alert(1)</script>.mp4")
    shown = VideoPredictions.from_table(table, PredictionsHeader(metadata=metadata, skeleton=ARM))._repr_html_()
    assert "<script" not in shown
    assert "&lt;script&gt;" in shown
    assert "not recorded" in shown
