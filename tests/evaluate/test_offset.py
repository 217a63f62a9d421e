from collections.abc import Callable

import numpy as np
import pytest

from neuropose_ray.evaluate.interpolation import positions_at
from neuropose_ray.evaluate.offset import OffsetSearch, best_lag_s

FRAMES_S = np.arange(120) / 60


def wandering(step_mm: float) -> Callable[[np.ndarray], np.ndarray]:
    """Twelve joints that wander about, sampled at 60 Hz from -1 to 3 s."""
    random = np.random.default_rng(0)
    start = random.normal(scale=300, size=(12, 3))
    path = start + np.cumsum(random.normal(scale=step_mm, size=(241, 12, 3)), 0)
    return lambda when: positions_at(np.arange(-60, 181) / 60, path, when)


@pytest.fixture(scope="module")
def truth_at() -> Callable[[np.ndarray], np.ndarray]:
    return wandering(20)


@pytest.mark.parametrize("offset_s", [-0.06, 0.0, 0.03])
def test_the_offset_between_two_clocks_is_found(truth_at, offset_s: float):
    assert best_lag_s(FRAMES_S, truth_at(FRAMES_S + offset_s), truth_at) == pytest.approx(offset_s)


def test_a_larger_range_finds_a_larger_offset(truth_at):
    seen = truth_at(FRAMES_S + 0.45)
    assert abs(best_lag_s(FRAMES_S, seen, truth_at)) <= 0.06
    assert best_lag_s(FRAMES_S, seen, truth_at, OffsetSearch(range_s=0.6)) == pytest.approx(0.45)


def test_a_few_frames_with_a_gross_mistake_do_not_decide():
    truth_at, other = wandering(1), np.random.default_rng(1).normal(scale=300, size=(12, 3))

    def mistaken_at_first(when: np.ndarray) -> np.ndarray:
        return np.where((when < 0.1)[:, None, None], other, truth_at(when))

    seen = truth_at(FRAMES_S + 0.03)
    seen[40:45] = np.nan
    assert best_lag_s(FRAMES_S, seen, mistaken_at_first) == pytest.approx(0.03)


def test_whoever_stands_still_has_no_offset():
    body = np.random.default_rng(2).normal(scale=300, size=(1, 12, 3))
    still = np.tile(body, (120, 1, 1))
    assert best_lag_s(FRAMES_S, still * 1.1, lambda when: np.tile(body, (len(when), 1, 1))) == 0


def test_a_few_frames_at_the_end_of_the_range_do_not_win_by_chance(truth_at):
    noisy = truth_at(FRAMES_S) + np.random.default_rng(3).normal(scale=10, size=(120, 12, 3))
    noisy[-3:] = truth_at(FRAMES_S[:3] - 1)
    assert best_lag_s(FRAMES_S, noisy, truth_at, OffsetSearch(range_s=2.95, step_s=0.05)) == pytest.approx(0)


def test_without_frames_to_compare_the_offset_is_none():
    nobody = np.full((120, 12, 3), np.nan)
    assert best_lag_s(FRAMES_S, nobody, lambda when: np.zeros((len(when), 12, 3))) == 0
    assert best_lag_s(FRAMES_S, nobody * 0 + 1, lambda when: np.full((len(when), 12, 3), np.nan)) == 0
