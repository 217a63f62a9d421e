import numpy as np

from neuropose_ray.render.overlay.measurements import AngleCurve, Measurements, RepetitionCurve, measure_nothing


def test_repetitions_are_counted_from_the_moment_they_begin():
    curve = RepetitionCurve(
        track=0, movement="knee flexion", start_s=np.array([1.0, 4.0]), end_s=np.array([3.0, 6.0])
    )
    assert len(curve) == 2
    assert [curve.begun(time_s) for time_s in (0.9, 1.0, 3.5, 4.0, 9.0)] == [0, 1, 1, 2, 2]
    assert [curve.under_way(time_s) for time_s in (0.9, 1.0, 3.0, 3.5, 5.0, 9.0)] == [
        False, True, True, False, True, False,
    ]  # fmt: skip


def test_an_angle_rests_on_its_joint_and_on_all_that_its_lines_go_through():
    curve = AngleCurve(track=0, joint=1, other_side=2, zero_from=(3, 4), zero_to=(1, 2), end=7, degrees=np.zeros(0))
    assert set(curve.joints) == {1, 2, 3, 4, 7}


def test_nothing_is_measured_unless_asked_for():
    assert measure_nothing(None, None) == Measurements()
