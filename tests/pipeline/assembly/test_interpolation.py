"""Poses between analysed frames: what is kept, what is drawn between, and where nothing may be made up."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neuropose_ray.pipeline.assembly.interpolation import AnalysedFrames
from neuropose_ray.schemas.fitting import FittingReport, SideExchange, TrackFit
from neuropose_ray.schemas.header import TrackReturn
from neuropose_ray.schemas.poses import Poses, PoseTable

JOINTS = 3


def table_of(seen: np.ndarray, path, times: np.ndarray) -> PoseTable:
    """People who are where ``path(person, time)`` is, in the frames in which ``seen`` ``(frames, people)`` is."""
    frame, person = np.nonzero(seen)
    values = np.array([path(who, times[at]) for at, who in zip(frame, person, strict=True)], np.float64)
    values = values.reshape(-1, 1, 1)
    count = len(frame)
    boxes = np.tile(values[:, 0], (1, 5)).astype(np.float32)
    boxes[:, 4] = 0.5 + 0.01 * person
    points = (values + np.arange(3.0)).astype(np.float32) + np.zeros((count, JOINTS, 3), np.float32)
    scores = np.full((count, JOINTS), 0.75, np.float32)
    poses = Poses(frame.astype(np.int64), boxes, points[..., :2].copy(), points, scores)
    return PoseTable(times, poses, person.astype(np.int32), points + np.float32(7))


def parabola(person: int, time_s: float) -> float:
    return 100 * person + 50 * time_s - 80 * time_s**2


@pytest.mark.parametrize("step", [2, 4, 8])
def test_a_body_in_free_fall_is_where_it_was(step: int):
    times = np.arange(10 * step + 1) / (30 * step)
    places = np.arange(0, len(times), step)
    frames = AnalysedFrames(times, places)
    whole = frames.expanded(table_of(np.ones((len(places), 2), bool), parabola, times[places]))
    truth = table_of(np.ones((len(times), 2), bool), parabola, times)
    np.testing.assert_array_equal(whole.poses.frame, truth.poses.frame)
    np.testing.assert_array_equal(whole.track_ids, truth.track_ids)
    inside = (whole.poses.frame >= step) & (whole.poses.frame < len(times) - 1 - step)
    np.testing.assert_allclose(whole.poses.poses3d[inside], truth.poses.poses3d[inside], atol=1e-4)
    np.testing.assert_allclose(whole.poses3d_fitted[inside], truth.poses3d_fitted[inside], atol=1e-4)
    np.testing.assert_allclose(whole.poses.poses2d, truth.poses.poses2d, atol=0.05)  # at the ends with less to go by
    np.testing.assert_allclose(whole.poses.boxes, truth.poses.boxes, atol=0.05)  # on straight lines
    np.testing.assert_array_equal(whole.poses.joint_scores, np.float32(0.75))


@settings(max_examples=60)
@given(data=st.data())
def test_analysed_frames_keep_every_bit_and_others_get_poses_where_both_ends_have_the_person(data):
    frames = data.draw(st.integers(1, 40))
    is_analysed = np.array(data.draw(st.lists(st.booleans(), min_size=frames, max_size=frames)))
    is_analysed[0] = True
    times = np.cumsum(data.draw(st.lists(st.floats(0.004, 0.02), min_size=frames, max_size=frames)))
    analysed = AnalysedFrames.of(times, is_analysed)
    count = len(analysed.places)
    seen = np.array(data.draw(st.lists(st.booleans(), min_size=3 * count, max_size=3 * count))).reshape(count, 3)
    table = table_of(seen, parabola, times[analysed.places])
    table.poses3d_fitted[table.track_ids == 1] = np.nan  # somebody whose fit was not believed
    whole = analysed.expanded(table)
    back = analysed.reduced(whole)
    for name in ("frame", "boxes", "poses2d", "poses3d", "joint_scores"):
        assert getattr(back.poses, name).tobytes() == getattr(table.poses, name).tobytes()
    assert back.track_ids.tobytes() == table.track_ids.tobytes()
    assert back.poses3d_fitted.tobytes() == table.poses3d_fitted.tobytes()
    assert whole.timestamps_s.tobytes() == times.tobytes()
    apart = np.diff(times[analysed.places])
    for number in range(count - 1):
        between = np.arange(analysed.places[number] + 1, analysed.places[number + 1])
        near = apart[number] <= 1.5 * np.median(apart)
        expected = np.flatnonzero(seen[number] & seen[number + 1]) if near else []
        for frame in between:
            rows = whole.poses.frame == frame
            assert whole.track_ids[rows].tolist() == list(expected)
            assert np.isfinite(whole.poses.poses3d[rows]).all()
            assert np.isnan(whole.poses3d_fitted[rows & (whole.track_ids == 1)]).all()
    assert (np.diff(whole.poses.frame) >= 0).all()
    assert not (whole.poses.frame > analysed.places[-1]).any()


def test_a_joint_that_is_missing_at_one_end_is_missing_between():
    times = np.arange(9) / 60
    frames = AnalysedFrames(times, np.arange(0, 9, 2))
    table = table_of(np.ones((5, 1), bool), parabola, times[::2])
    table.poses.poses3d[2, 1] = np.nan
    whole = frames.expanded(table)
    assert np.flatnonzero(np.isnan(whole.poses.poses3d[:, 1, 0])).tolist() == [3, 4, 5]
    assert np.isfinite(whole.poses.poses3d[:, [0, 2]]).all()
    assert np.isfinite(whole.poses.poses2d).all()


def test_nobody_is_drawn_in_a_video_that_shows_nobody():
    frames = AnalysedFrames(np.arange(9) / 60, np.arange(0, 9, 2))
    whole = frames.expanded(table_of(np.zeros((5, 1), bool), parabola, frames.times_s[::2]))
    assert (whole.frame_count, len(whole.poses)) == (9, 0)


def test_a_fits_report_speaks_of_frames_of_the_whole_video():
    frames = AnalysedFrames(np.arange(12) / 120, np.array([0, 4, 8]))
    fit = TrackFit(
        track_id=0, improved=True, frame_index=(1, 2), residual_px=(1.0, 2.0), flags=(2, 0),
        exchanges=(SideExchange(limb="legs", first_frame=1, last_frame=2, log_odds=9, repaired=True),),
    )  # fmt: skip
    apart = fit.model_copy(update={"track_id": 1, "frame_index": (0, 2), "exchanges": ()})
    whole, second = frames.expanded_report(FittingReport(tracks=(fit, apart))).tracks
    assert (whole.frame_index, whole.flags) == ((4, 5, 6, 7, 8), (2, 2, 2, 0, 0))
    assert whole.residual_px == (1.0, 1.0, 1.0, 2.0, 2.0)
    assert whole.legs_exchanged == ()
    assert (whole.exchanges[0].first_frame, whole.exchanges[0].last_frame) == (4, 8)
    assert (second.frame_index, second.flags) == ((0, 8), (2, 0))
    back = TrackReturn(track=1, frame=2, unseen_s=1.0, certainty=0.9)
    assert frames.expanded_returns((back,))[0].frame == 8


@given(st.lists(st.booleans(), min_size=1, max_size=30))
@settings(max_examples=50, deadline=None)
def test_the_time_of_frames_that_are_left_out_does_not_pass(is_seen: list[bool]):
    times = 5 + np.cumsum(np.linspace(0.01, 0.05, len(is_seen)))
    frames = AnalysedFrames.of(times, np.array(is_seen))
    table = frames.uninterrupted(table_of(np.ones((len(times), 1), bool), parabola, times))
    assert len(table.poses) == table.frame_count == sum(is_seen)
    steps = np.diff(times, prepend=times[0])[is_seen]
    np.testing.assert_allclose(np.diff(table.timestamps_s), steps[1:])
