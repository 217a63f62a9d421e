import numpy as np
import pytest
from analysis.runs.samples import LEFT_HEEL, RIGHT_HEEL, heels, neuropose_video, write_json, write_parquet
from fastdtw import fastdtw

from neuropose_ray.analysis.procrustes import procrustes_align
from neuropose_ray.analysis.runs.config import AnalysisConfig
from neuropose_ray.analysis.runs.run import run_analysis
from neuropose_ray.errors import InputError

PROVENANCE = {
    "model_sha256": "ab", "model_filename": "m", "tensorflow_version": "2", "numpy_version": "2",
    "neuropose_version": "0.1", "python_version": "3.11.7",
}  # fmt: skip
BILATERAL = {"kind": "gait_cycles_bilateral"}
FASTDTW = {"method": "fastdtw"}
SLOW, QUICK = heels(30), heels(24, seed=1)


@pytest.fixture
def run(tmp_path):
    """Run an analysis of trials given as positions, or as several persons' positions."""

    def run(primary, reference=None, analysis=None, segmentation=None, **preprocessing):
        inputs = {"primary": _saved(tmp_path / "a.json", primary)}
        if reference is not None:
            inputs["reference"] = _saved(tmp_path / "b.json", reference)
        content = {
            "inputs": inputs, "analysis": {"kind": "none"} | (analysis or {}), "preprocessing": preprocessing,
            "segmentation": segmentation, "output": {"report": "r.json"},
        }  # fmt: skip
        return run_analysis(AnalysisConfig.model_validate(content))

    return run


def _saved(path, persons):
    persons = (persons,) if isinstance(persons, np.ndarray) else persons
    return write_json(path, neuropose_video(*persons, provenance=PROVENANCE))


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


def test_gait_cycles_are_those_of_the_person_asked_for(run):
    still = np.repeat(SLOW[:1], 90, axis=0)
    for segmentation in (BILATERAL, {"kind": "gait_cycles"}):
        first = run((still, SLOW), segmentation=segmentation).segmentations
        second = run((still, SLOW), segmentation=segmentation, person_index=1).segmentations
        assert not any(found.segments for found in first.values())
        assert all(len(found.segments) >= 2 for found in second.values())
        assert {found.config.person_index for found in second.values()} == {1}


def test_a_segmentation_may_be_of_another_person_than_the_rest(run):
    still = np.repeat(SLOW[:1], 90, axis=0)
    signal = {"kind": "joint_axis", "joint": "lhee", "axis": "y"}
    segmentation = {"kind": "extractor", "extractor": signal, "label": "steps", "person_index": 1}
    found = run((still, SLOW), segmentation=segmentation).segmentations["steps"]
    assert (len(found.segments) >= 2, found.config.person_index) == (True, 1)


def test_statistics_are_of_each_segment_or_of_the_whole(run):
    stats = {"kind": "stats", "extractor": {"kind": "joint_axis", "joint": "lhee", "axis": "y"}}
    whole = run(SLOW, analysis=stats).results
    signal = SLOW[:, LEFT_HEEL, 1]
    expected = {"mean": signal.mean(), "std": signal.std(), "min": signal.min(), "max": signal.max()}
    assert whole.segment_labels == ("full_trial",)
    assert whole.statistics[0].model_dump(exclude={"range"}) == pytest.approx(expected, rel=1e-9)
    assert len(run(SLOW, analysis=stats, segmentation=BILATERAL).results.statistics) > 4


def test_the_configuration_goes_into_the_primarys_provenance(run):
    report = run(SLOW)
    assert report.provenance.model_sha256 == "ab"
    assert report.provenance.analysis_config["analysis"]["kind"] == "none"
    assert report.primary.provenance.analysis_config is None


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
        "inputs": {"primary": _saved(tmp_path / "a.json", SLOW), "reference": other},
        "analysis": {"kind": "dtw"}, "output": {"report": "r.json"},
    }  # fmt: skip
    with pytest.raises(InputError, match="same skeleton"):
        run_analysis(AnalysisConfig.model_validate(config))


def test_an_unknown_joint_is_refused_in_one_line(run):
    with pytest.raises(InputError, match="unknown joint name 'tail'"):
        run(SLOW, segmentation={"kind": "gait_cycles", "joint": "tail"})
