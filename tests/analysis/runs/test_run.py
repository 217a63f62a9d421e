import numpy as np
import pytest
from analysis.runs.samples import LEFT_HEEL, heels, neuropose_video, write_json

from neuropose_ray.analysis.runs.config import AnalysisConfig
from neuropose_ray.analysis.runs.run import run_analysis
from neuropose_ray.errors import InputError

BILATERAL = {"kind": "gait_cycles_bilateral"}
SLOW = heels(30)


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
    assert whole.statistics[0].model_dump(exclude={"range", "coverage"}) == pytest.approx(expected, rel=1e-9)
    assert len(run(SLOW, analysis=stats, segmentation=BILATERAL).results.statistics) > 4


def test_the_configuration_goes_into_the_primarys_provenance(run):
    report = run(SLOW)
    assert report.provenance.model_sha256 == "ab"
    assert report.provenance.analysis_config["analysis"]["kind"] == "none"
    assert report.primary.provenance.analysis_config is None


def test_an_unknown_joint_is_refused_in_one_line(run):
    with pytest.raises(InputError, match="unknown joint name 'tail'"):
        run(SLOW, segmentation={"kind": "gait_cycles", "joint": "tail"})


SIGNAL = {"kind": "joint_axis", "joint": LEFT_HEEL, "axis": "y"}


@pytest.mark.parametrize("analysis", [
    {"kind": "none"}, {"kind": "stats", "extractor": SIGNAL}, {"kind": "dtw"},
    {"kind": "dtw", "align": "procrustes_per_sequence", "method": "dtw_per_joint"},
])  # fmt: skip
@pytest.mark.parametrize("segmentation", [None, {"kind": "extractor", "extractor": SIGNAL}])
@pytest.mark.slow
def test_without_a_frame_rate_all_that_needs_no_time_is_as_with_one(tmp_path, analysis, segmentation):
    def report(fps):
        files = {"primary": SLOW, "reference": heels(24)} if analysis["kind"] == "dtw" else {"primary": SLOW}
        inputs = {
            name: write_json(tmp_path / f"{name}.json", neuropose_video(who, fps=fps)) for name, who in files.items()
        }
        content = {
            "inputs": inputs,
            "segmentation": segmentation,
            "analysis": analysis,
            "output": {"report": "r.json"},
        }
        return run_analysis(AnalysisConfig.model_validate(content))

    without, expected = report(0.0), report(30.0)
    assert without.segmentations == expected.segmentations
    assert (len(without.segmentations) > 0) == (segmentation is not None)
    if analysis["kind"] == "dtw":  # equal lengths are read at times, whose last digit differs
        assert without.results.distances == pytest.approx(expected.results.distances, rel=1e-9)
        assert without.results.segment_labels == expected.results.segment_labels
    else:
        assert without.results == expected.results


def test_without_a_frame_rate_what_needs_time_says_so(tmp_path):
    file = write_json(tmp_path / "a.json", neuropose_video(SLOW, fps=0.0))
    for changes in (
        {"segmentation": BILATERAL}, {"analysis": {"kind": "movement"}}, {"preprocessing": {"cleaning": {}}},
    ):  # fmt: skip
        content = {
            "inputs": {"primary": file},
            "analysis": {"kind": "none"},
            "output": {"report": "r.json"},
        } | changes
        with pytest.raises(InputError, match="fps"):
            run_analysis(AnalysisConfig.model_validate(content))


@pytest.mark.parametrize("segmentation", [{"kind": "gait_cycles"}, {"kind": "extractor", "extractor": SIGNAL}])
@pytest.mark.parametrize("method", ["valley_to_valley_v1", "prominent_valleys_v3"])
def test_one_frame_has_no_segments(run, segmentation, method):
    report = run(SLOW[:1], segmentation=segmentation | {"method": method})
    assert [len(found.segments) for found in report.segmentations.values()] == [0]


def test_statistics_say_how_much_of_the_signal_is_known(run):
    gaps = SLOW.copy()
    gaps[::3] = np.nan
    stats = {"kind": "stats", "extractor": SIGNAL}
    assert run(gaps, analysis=stats).results.statistics[0].coverage == pytest.approx(2 / 3)
