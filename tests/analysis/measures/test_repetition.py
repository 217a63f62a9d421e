import math

import numpy as np
import pytest
from analysis.segmentation.performers import mocap, phantom, without

from neuropose_ray.analysis.measures.repetition import MEASURES, measure_repetitions
from neuropose_ray.analysis.segmentation.extractors import joint_axis
from neuropose_ray.analysis.segmentation.repetitions import repetitions
from neuropose_ray.phantom.gait import Walking
from neuropose_ray.phantom.motions import Reaching, SitToStand, Squatting


def measured(motion, seconds=10, rate_hz=60, noise_mm=0.0):
    performed, _ = phantom(motion, np.arange(0, seconds, 1 / rate_hz), noise_mm=noise_mm)
    return measure_repetitions(performed, repetitions(performed))


def test_squats_measure_what_the_phantom_performs():
    squat = Squatting(period_s=2.5, standing_knee_deg=5, bottom_knee_deg=105)
    table = measured(squat)
    assert (table.movement, table.unit, len(table.measures)) == ("knee_flexion", "deg", 4)
    for one in table.measures:
        assert one.duration_s == pytest.approx(2.5, abs=0.07)
        assert one.out_s + one.hold_s + one.back_s == pytest.approx(one.duration_s)
        # Within 5 % of a cosine's top: arccos(0.9) / pi of the period.
        assert one.hold_s == pytest.approx(2.5 * math.acos(0.9) / math.pi, abs=0.05)
        assert one.out_s == pytest.approx(one.back_s, abs=0.07)
        assert one.range_of_motion == pytest.approx(100, abs=0.5)
        assert one.peak_velocity_out == pytest.approx(100 * math.pi / 2.5, rel=0.01)
        assert one.peak_velocity_back == pytest.approx(100 * math.pi / 2.5, rel=0.01)
        # Half a sine between its 5 % bounds is nearly a whole half.
        assert one.ldlj_out == pytest.approx(-math.log(math.pi**4 / 2), abs=0.25)
        assert one.sparc_out == pytest.approx(one.sparc_back, abs=0.02)
        assert one.symmetry_percent == pytest.approx(0, abs=0.5)


def test_standing_up_has_the_smoothness_of_the_minimum_jerk_course_that_it_is():
    # The course takes 0.46 of half a period; between 5 % of its peak speed it has this jerk.
    tau = np.linspace(0, 1, 100_001)
    speed = 30 * (tau**2 - 2 * tau**3 + tau**4)
    inside = speed >= 0.05 * speed.max()
    jerk = (60 * (1 - 6 * tau + 6 * tau**2))[inside]
    cut = -math.log(np.mean(jerk**2) * np.ptp(tau[inside]) ** 4 / speed.max() ** 2)
    table = measured(SitToStand(), seconds=12)
    for one in table.measures:
        assert one.ldlj_out == pytest.approx(cut, abs=0.15)
        assert one.sparc_out == pytest.approx(-1.40, abs=0.02)
        assert one.hold_s > 0.8


def test_arms_are_measured_each_by_its_own_side():
    table = measured(Reaching(), seconds=16)
    assert len(table.measures) == 8
    assert all(math.isnan(one.symmetry_percent) for one in table.measures)
    ranges = [one.range_of_motion for one in table.measures]
    assert min(ranges[2:4]) > max(ranges[:2]) + 30


def test_noise_makes_movements_less_smooth_but_not_longer():
    quiet, noisy = measured(Squatting()).summary, measured(Squatting(), noise_mm=5).summary
    assert noisy["sparc_out"].mean < quiet["sparc_out"].mean - 0.2
    assert noisy["ldlj_out"].mean < quiet["ldlj_out"].mean - 3
    assert noisy["duration_s"].mean == pytest.approx(quiet["duration_s"].mean, abs=0.1)


def test_uneven_times_are_respected():
    times = np.sort(np.random.default_rng(5).uniform(0, 10, 600))
    performed, _ = phantom(Squatting(), times)
    summary = measure_repetitions(performed, repetitions(performed)).summary
    assert summary["peak_velocity_out"].mean == pytest.approx(100 * math.pi / 2.5, rel=0.02)


def test_a_repetition_that_is_cut_off_has_no_times_and_one_with_a_gap_no_smoothness():
    performed, _ = phantom(Squatting(), np.arange(0, 9.3, 1 / 30))
    gappy = without(performed, slice(20, 23))
    table = measure_repetitions(gappy, repetitions(gappy))
    first, last = table.measures[0], table.measures[-1]
    assert math.isnan(first.sparc_out)
    assert math.isfinite(first.sparc_back)
    assert first.peak_velocity_out == pytest.approx(100 * math.pi / 2.5, rel=0.1)
    assert math.isnan(last.duration_s)
    assert last.range_of_motion == pytest.approx(100, abs=1)
    assert (table.summary["duration_s"].n, table.summary["range_of_motion"].n) == (3, 4)


def test_a_signal_of_the_users_choice_is_measured_in_its_unit():
    performed, _ = phantom(Squatting(), np.arange(0, 10, 1 / 30))
    found = repetitions(performed, joint_axis("right_hip", "y", skeleton=performed.skeleton))
    table = measure_repetitions(performed, found)
    assert table.unit == "mm"
    assert 200 < table.summary["range_of_motion"].mean < 600


def test_real_squats_give_a_table(test_data):
    motion = mocap(test_data, "squat")
    table = measure_repetitions(motion, repetitions(motion))
    rows = table.rows()
    assert [row["number"] for row in rows] == [1, 2, 3, 4, 5]
    assert set(MEASURES) <= rows[0].keys()
    assert table.summary["range_of_motion"].mean == pytest.approx(93, abs=8)
    assert table.summary["range_of_motion"].sd < 6
    assert -1.7 < table.summary["sparc_out"].mean < -1.35


def test_where_nothing_repeats_the_table_is_empty():
    table = measured(Walking(), seconds=3)
    assert (table.measures, table.unit, table.rows()) == ((), "", [])
    assert table.summary["duration_s"].n == 0
