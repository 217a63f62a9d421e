import numpy as np
import pytest
from analysis.runs.samples import LEFT_HEEL, heels

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
    assert whole.statistics[0].model_dump(exclude={"range"}) == pytest.approx(expected, rel=1e-9)
    assert len(run(SLOW, analysis=stats, segmentation=BILATERAL).results.statistics) > 4


def test_the_configuration_goes_into_the_primarys_provenance(run):
    report = run(SLOW)
    assert report.provenance.model_sha256 == "ab"
    assert report.provenance.analysis_config["analysis"]["kind"] == "none"
    assert report.primary.provenance.analysis_config is None


def test_an_unknown_joint_is_refused_in_one_line(run):
    with pytest.raises(InputError, match="unknown joint name 'tail'"):
        run(SLOW, segmentation={"kind": "gait_cycles", "joint": "tail"})
