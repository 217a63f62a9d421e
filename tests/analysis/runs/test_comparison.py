"""The kind dtw: primary against reference, with NeuroPose's numbers where it has them."""

import numpy as np
import pytest
from analysis.runs.samples import LEFT_HEEL, RIGHT_HEEL, heels, neuropose_video, write_json, write_parquet
from fastdtw import fastdtw

from neuropose_ray.analysis.procrustes import procrustes_align
from neuropose_ray.analysis.runs.config import AnalysisConfig
from neuropose_ray.analysis.runs.run import run_analysis
from neuropose_ray.errors import InputError

BILATERAL = {"kind": "gait_cycles_bilateral"}
FASTDTW = {"method": "fastdtw"}
SLOW, QUICK = heels(30), heels(24, seed=1)


def flat(positions):
    return positions.reshape(len(positions), -1)


def test_neuroposes_distance_of_two_whole_trials(run):
    report = run(SLOW, QUICK, {"kind": "dtw", "warping": FASTDTW})
    distance, path = fastdtw(flat(SLOW), flat(QUICK), radius=1, dist=2)
    assert report.results.segment_labels == ("full_trial",)
    assert report.results.distances[0] == pytest.approx(distance, rel=1e-9)
    assert list(report.results.paths[0]) == path
    assert report.results.summary == dict.fromkeys(("mean", "p50", "p95", "p99"), pytest.approx(distance))


def test_the_exact_distance_is_the_default_and_never_larger(run):
    exact = run(SLOW, QUICK, {"kind": "dtw"}).results.distances[0]
    assert exact <= run(SLOW, QUICK, {"kind": "dtw", "warping": FASTDTW}).results.distances[0]


def test_neuroposes_alignment_of_trials_of_one_length_is_not_resampled(run):
    report = run(SLOW, QUICK, {"kind": "dtw", "align": "procrustes_per_sequence", "warping": FASTDTW})
    aligned, _, _ = procrustes_align(SLOW, QUICK)
    assert report.results.distances[0] == pytest.approx(fastdtw(flat(aligned), flat(QUICK), radius=1, dist=2)[0])
    assert report.results.time_normalised_points is None


def test_distances_per_joint_add_up_and_are_listed(run):
    results = run(SLOW, QUICK, {"kind": "dtw", "method": "dtw_per_joint"}).results
    assert len(results.per_joint_distances[0]) == 43
    assert results.distances[0] == pytest.approx(sum(results.per_joint_distances[0]))


def test_a_relation_is_of_two_joints_by_name_or_place(run):
    named = {"kind": "dtw", "method": "dtw_relation", "joint_i": "lhee", "joint_j": "right_heel"}
    placed = named | {"joint_i": LEFT_HEEL, "joint_j": RIGHT_HEEL}
    assert run(SLOW, QUICK, named).results == run(SLOW, QUICK, placed).results


def test_cycles_of_different_length_are_resampled_to_be_aligned(run):
    report = run(SLOW, QUICK, {"kind": "dtw", "align": "procrustes_per_sequence"}, BILATERAL)
    assert report.results.time_normalised_points == 101
    assert "everything was resampled to 101 points" in report.warnings[0]
    assert set(report.segmentations) == {"left_heel_strikes", "right_heel_strikes"}
    # The same movement in another tempo: a millimetre of noise per joint is all that is left.
    assert max(report.results.distances) < 101 * np.sqrt(43) * 3


def test_pairs_of_cycles_are_labelled_and_the_shorter_list_counts(run):
    results = run(SLOW, QUICK, {"kind": "dtw"}, BILATERAL)
    mine = run(SLOW, segmentation=BILATERAL).segmentations["left_heel_strikes"].segments
    labels = [label for label in results.results.segment_labels if label.startswith("left")]
    assert labels == [f"left_heel_strikes[{place}]" for place in range(len(mine))]
    assert any("segments in the primary" in warning for warning in results.warnings)


def test_without_a_segment_there_are_no_distances_and_no_error(run):
    still = np.repeat(SLOW[:1], 60, axis=0)
    results = run(still, SLOW, {"kind": "dtw"}, {"kind": "gait_cycles"}).results
    assert (results.distances, results.paths, results.summary) == ((), (), {})


def test_a_missed_detection_does_not_stop_an_analysis(run):
    missed = np.where(np.arange(90)[:, None, None] == 40, np.nan, SLOW)
    report = run(missed, QUICK, {"kind": "dtw", "nan_policy": "interpolate"})
    assert report.primary.coverage == pytest.approx(89 / 90)
    assert np.isfinite(report.results.distances[0])
    with pytest.raises(InputError, match="NaN"):
        run(missed, QUICK, {"kind": "dtw"})


def test_skeletons_must_agree(run, tmp_path):
    other = write_parquet(tmp_path / "blaze", np.ones((30, 33, 3)))
    config = {
        "inputs": {"primary": write_json(tmp_path / "a.json", neuropose_video(SLOW)), "reference": other},
        "analysis": {"kind": "dtw"}, "output": {"report": "r.json"},
    }  # fmt: skip
    with pytest.raises(InputError, match="same skeleton"):
        run_analysis(AnalysisConfig.model_validate(config))
