import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from neuropose_ray.benchmark.figures import aggregate, compared, poses3d_divergence, throughput
from neuropose_ray.schemas.performance import PerformanceMetrics
from neuropose_ray.schemas.poses import Poses, PoseTable


def one_pass(latencies_ms, total_s, peak_mb=100.0):
    return PerformanceMetrics(
        total_seconds=total_s, per_frame_latencies_ms=tuple(latencies_ms), peak_rss_mb=peak_mb, active_device="cpu",
        tensorflow_version="unknown", frames=len(latencies_ms), workers=2, decode_seconds=0.0, infer_seconds=total_s,
        other_seconds=0.0,
    )  # fmt: skip


def table(persons_per_frame, joints=3, shift_mm=0.0):
    frame = np.repeat(np.arange(len(persons_per_frame)), persons_per_frame)
    poses = Poses.empty(joints)
    poses3d = np.arange(len(frame) * joints * 3, dtype=np.float32).reshape(len(frame), joints, 3) + shift_mm
    filled = Poses(
        frame, np.zeros((len(frame), 5), np.float32), np.zeros((len(frame), joints, 2), np.float32), poses3d,
        np.zeros((len(frame), joints), np.float32),
    )  # fmt: skip
    return PoseTable(np.arange(len(persons_per_frame)) / 30, filled if len(frame) else poses)


def test_latencies_of_all_passes_count_together_without_the_first_frames_of_each():
    figures = aggregate([one_pass([900, 10, 20], 1), one_pass([800, 30, 40], 1)], warmup_frames=1)
    assert figures.mean_frame_latency_ms == 25
    assert figures.p50_frame_latency_ms == 25  # linear between 20 and 30
    assert figures.p95_frame_latency_ms == pytest.approx(38.5)
    assert figures.p99_frame_latency_ms == pytest.approx(39.7)
    assert figures.stddev_frame_latency_ms == pytest.approx(np.sqrt(125))  # the population's
    assert (figures.repeats_measured, figures.warmup_frames_per_pass) == (2, 1)


def test_throughput_is_the_mean_of_the_passes_with_their_first_frames():
    figures = aggregate([one_pass([1] * 10, 1.0), one_pass([1] * 10, 2.0)], warmup_frames=5)
    assert figures.mean_throughput_fps == 7.5


def test_where_no_latency_is_left_they_are_zero_and_the_throughput_is_still_known():
    figures = aggregate([one_pass([5, 5], 1.0)], warmup_frames=3)
    assert figures.mean_frame_latency_ms == figures.p99_frame_latency_ms == figures.stddev_frame_latency_ms == 0
    assert figures.mean_throughput_fps == 2


def test_the_peak_is_that_of_the_largest_pass():
    assert aggregate([one_pass([1], 1, 300), one_pass([1], 1, 200)], 0).peak_rss_mb_max == 300


def test_a_pass_without_duration_has_no_throughput():
    assert throughput(one_pass([], 0.0)) == 0


def test_ratios_are_taken_pair_by_pair():
    passes = [one_pass([1] * 90, 1.0), one_pass([1] * 50, 1.0), one_pass([1] * 40, 1.0)]
    ratio = compared(passes, [100.0, 50.0, 80.0], processes=2, frames=60)
    assert (ratio.median_ratio, ratio.min_ratio, ratio.max_ratio) == (0.9, 0.5, 1.0)
    assert ratio.rates_fps == (100.0, 50.0, 80.0)


@given(st.lists(st.integers(0, 3), max_size=12), st.floats(-100, 100, width=16))
def test_equal_people_differ_by_what_they_are_shifted_and_every_frame_counts(persons, shift_mm):
    largest, frames = poses3d_divergence(table(persons), table(persons, shift_mm=shift_mm))
    assert frames == len(persons)
    assert largest == pytest.approx(abs(shift_mm) if sum(persons) else 0, abs=1e-3)


def test_frames_with_another_number_of_people_are_left_out():
    reference = table([1, 1, 2, 0])
    other = table([1, 2, 2, 0])
    assert poses3d_divergence(reference, other)[1] == 3
    moved = other.poses.poses3d.copy()
    moved[1:3] += 1000  # the frame that is left out
    unseen = PoseTable(other.timestamps_s, Poses(other.poses.frame, other.poses.boxes, other.poses.poses2d, moved,
                                                 other.poses.joint_scores))  # fmt: skip
    assert poses3d_divergence(reference, unseen)[0] == poses3d_divergence(reference, other)[0]


def test_people_of_different_skeletons_are_left_out_and_empty_frames_count():
    assert poses3d_divergence(table([1, 0, 1], joints=3), table([1, 0, 1], joints=4)) == (0.0, 1)


def test_runs_of_different_lengths_are_refused():
    with pytest.raises(ValueError, match="3 frames cannot be compared with 2"):
        poses3d_divergence(table([1, 1, 1]), table([1, 1]))
