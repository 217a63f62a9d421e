"""Distances between many trials."""

import numpy as np
import pytest
from analysis.dtw.cohort import movements, performed, unseen

from neuropose_ray.analysis.dtw.channels import trial_channels
from neuropose_ray.analysis.dtw.matrix import (
    DistanceMatrixSettings,
    FailedTrial,
    clustered_order,
    distance_matrix,
    distances_here,
    distances_in_processes,
    distances_on_ray,
    nearest,
    pair_distances,
)
from neuropose_ray.analysis.dtw.settings import WarpingSettings
from neuropose_ray.analysis.dtw.warping import warp_distance
from neuropose_ray.errors import InputError

BLOCKS = np.array([[0, 2, 9, 8], [2, 0, 9, 7], [9, 9, 0, 1], [8, 7, 1, 0]], float)


def test_a_block_holds_the_distances_of_its_pairs():
    random = np.random.default_rng(0)
    channels = [random.normal(size=(frames, 2)) for frames in (8, 9, 10)]
    chosen = WarpingSettings(band=0.2, path_normalise=True)
    block = pair_distances(channels, np.array([[0, 1], [2, 1]]), chosen)
    assert block.tolist() == [
        warp_distance(channels[0], channels[1], chosen),
        warp_distance(channels[2], channels[1], chosen),
    ]


def test_the_nearest_are_named_nearest_first_without_those_at_no_distance():
    matrix = BLOCKS.copy()
    matrix[1] = matrix[:, 1] = np.nan
    assert nearest(matrix, 3) == [2, 0]
    assert nearest(matrix, 1) == []


def test_like_stands_beside_like_in_the_heat_map():
    shuffled = [2, 0, 3, 1]
    order = [shuffled[leaf] for leaf in clustered_order(BLOCKS[np.ix_(shuffled, shuffled)])]
    assert {frozenset(order[:2]), frozenset(order[2:])} == {frozenset({0, 1}), frozenset({2, 3})}
    assert clustered_order(BLOCKS[:2, :2]) == [0, 1]
    assert clustered_order(BLOCKS[:0, :0]) == []


@pytest.mark.slow
def test_processes_compute_what_this_process_computes():
    trials = [performed(name, motion, noise_mm=5) for name, motion in movements().items()]
    settings = DistanceMatrixSettings(pairs_per_task=2)
    here, there = (
        distance_matrix(trials, settings, distances=who) for who in (distances_here, distances_in_processes)
    )
    np.testing.assert_array_equal(here.matrix, there.matrix)


@pytest.mark.ray
def test_a_cluster_computes_what_this_process_computes(ray_cluster):
    kinds = movements()
    trials = [performed(name, motion, noise_mm=5) for name, motion in kinds.items()]
    settings = DistanceMatrixSettings(pairs_per_task=2)
    here, there = distance_matrix(trials, settings), distance_matrix(trials, settings, distances=distances_on_ray)
    np.testing.assert_array_equal(here.matrix, there.matrix)
    assert here.neighbours["walk"] == there.neighbours["walk"]


def test_different_numbers_of_repetitions_are_said():
    squat = movements()["squat"]
    trials = [performed(f"squat {seconds}", squat, seconds=seconds) for seconds in (5.2, 5.3, 7.7)]
    found = distance_matrix(trials)
    assert dict(found.repetitions) == {"squat 5.2": 2, "squat 5.3": 2, "squat 7.7": 3}
    (warning,) = found.warnings
    assert "the numbers of repetitions differ (2 in 2 of 3 trials, squat 7.7 3)" in warning
    (warning,) = distance_matrix(trials[1:]).warnings
    assert "(squat 5.3 2, squat 7.7 3)" in warning
    assert distance_matrix(trials[:2]).warnings == ()


@pytest.mark.parametrize(
    ("channels", "warping", "unit"),
    [({}, {}, "rad"), ({"representation": "coords"}, {}, "mm"), ({}, {"z_normalise": True}, "SD")],
)
def test_distances_have_a_unit(channels, warping, unit):
    settings = DistanceMatrixSettings.model_validate({"channels": channels, "warping": warping})
    assert distance_matrix([FailedTrial("a", "")], settings).unit == unit


def test_trials_find_their_like_and_bad_ones_stop_nobody():
    kinds = movements()
    trials = [
        performed("squat 1", kinds["squat"]),
        performed("walk 1", kinds["walk"]),
        unseen(performed("nobody", kinds["walk"]), slice(None)),
        performed("squat 2", kinds["squat"], stature_mm=1600, seconds=2.8, noise_mm=5),
        FailedTrial("broken", "broken.parquet: not a Parquet file"),
        performed("walk 2", kinds["walk"], start_s=0.05, noise_mm=5),
    ]
    settings = DistanceMatrixSettings(neighbours=2, pairs_per_task=2)
    found = distance_matrix(trials, settings)
    assert dict(found.errors) == {
        "nobody": "nobody: 0% of its 75 frames are complete, 50% are needed",
        "broken": "broken.parquet: not a Parquet file",
    }
    missing = np.isin(found.names, ["nobody", "broken"])
    np.testing.assert_array_equal(np.isnan(found.matrix), missing[:, None] | missing)
    np.testing.assert_array_equal(found.matrix, found.matrix.T)
    assert found.matrix[0, 3] == warp_distance(trial_channels(trials[0]), trial_channels(trials[3]), settings.warping)
    assert {name: others[:1] for name, others in found.neighbours.items()} == {
        "squat 1": ("squat 2",), "squat 2": ("squat 1",), "walk 1": ("walk 2",), "walk 2": ("walk 1",),
        "nobody": (), "broken": (),
    }  # fmt: skip
    assert len(found.neighbours["walk 1"]) == 2
    assert {frozenset(found.order[:2]), frozenset(found.order[2:4])} == {
        frozenset({"squat 1", "squat 2"}), frozenset({"walk 1", "walk 2"}),
    }  # fmt: skip
    assert found.order[4:] == ("nobody", "broken")


@pytest.mark.parametrize("names", [[], ["a", "a"]])
def test_trials_need_names_to_be_told_apart(names):
    with pytest.raises(InputError, match="distinct names"):
        distance_matrix([FailedTrial(name, "") for name in names])
