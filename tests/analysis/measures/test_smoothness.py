import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neuropose_ray.analysis.measures.smoothness import SparcSettings, log_dimensionless_jerk, sparc


def minimum_jerk_speed(duration_s, rate_hz, amplitude=1.0):
    """Flash and Hogan 1985."""
    tau = np.linspace(0, 1, round(duration_s * rate_hz) + 1)
    return amplitude / duration_s * 30 * (tau**2 - 2 * tau**3 + tau**4)


def exact_sparc_of_minimum_jerk():
    """By integrating the profile's Fourier transform, up to where its magnitude falls below 0.05 for good."""
    tau = np.linspace(0, 1, 4001)
    speed = 30 * (tau**2 - 2 * tau**3 + tau**4)
    omega = np.linspace(0, 40, 4001)
    magnitude = np.array([abs(np.trapezoid(speed * np.exp(-1j * w * tau), tau)) for w in omega])
    last = np.flatnonzero(magnitude >= 0.05)[-1]
    return -np.hypot(np.diff(omega[: last + 1]) / omega[last], np.diff(magnitude[: last + 1])).sum()


def test_sparc_of_a_minimum_jerk_movement_is_the_exact_one():
    exact = exact_sparc_of_minimum_jerk()
    assert exact == pytest.approx(-1.40, abs=0.01)
    assert sparc(minimum_jerk_speed(1.0, 200), 200) == pytest.approx(exact, abs=0.01)


@settings(max_examples=25)
@given(duration=st.floats(0.5, 5), rate=st.floats(30, 300), amplitude=st.floats(0.01, 1e3))
def test_neither_measure_depends_on_amplitude_or_hardly_on_duration(duration, rate, amplitude):
    speed = minimum_jerk_speed(duration, rate, amplitude)
    true_rate = (len(speed) - 1) / duration
    assert sparc(speed, true_rate) == pytest.approx(-1.40, abs=0.03)
    assert log_dimensionless_jerk(speed, true_rate) == pytest.approx(-math.log(204.8), abs=0.25)


def test_log_dimensionless_jerk_of_a_minimum_jerk_movement_is_the_analytic_one():
    # Of 30 (t^2 - 2 t^3 + t^4): integral of the squared second derivative 720, peak 1.875.
    assert log_dimensionless_jerk(minimum_jerk_speed(1, 1000), 1000) == pytest.approx(
        -math.log(720 / 1.875**2), abs=1e-3
    )


def test_log_dimensionless_jerk_of_half_a_sine_is_the_analytic_one():
    speed = np.sin(np.linspace(0, np.pi, 2001))
    assert log_dimensionless_jerk(speed, 2000) == pytest.approx(-math.log(np.pi**4 / 2), abs=1e-3)


def test_a_movement_that_stops_midway_is_less_smooth():
    smooth = minimum_jerk_speed(2, 100)
    halting = np.concatenate([minimum_jerk_speed(1, 100), minimum_jerk_speed(1, 100)])
    assert sparc(halting, 100) < sparc(smooth, 100) - 0.3
    assert log_dimensionless_jerk(halting, 100) < log_dimensionless_jerk(smooth, 100) - 1


def test_noise_above_the_cut_off_is_no_part_of_sparc():
    speed = minimum_jerk_speed(2, 100)
    hum = 0.2 * np.sin(2 * np.pi * 30 * np.arange(len(speed)) / 100)
    assert sparc(speed + hum, 100) == pytest.approx(sparc(speed, 100), abs=0.02)
    assert sparc(speed + hum, 100, SparcSettings(cut_off_hz=40)) < sparc(speed, 100) - 0.05


@pytest.mark.parametrize("speed", [[], [1.0], [0.0] * 20, [1.0, np.nan, 1.0, 2.0, 1.0, 0.5]])
def test_what_is_not_known_has_no_smoothness(speed):
    assert math.isnan(sparc(np.array(speed), 100))
    assert math.isnan(log_dimensionless_jerk(np.array(speed), 100))


def test_a_constant_speed_has_no_jerk_to_take_the_logarithm_of():
    assert math.isnan(log_dimensionless_jerk(np.ones(20), 100))
