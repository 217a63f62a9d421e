import pytest
from pydantic import ValidationError

from neuropose_ray.schemas.segmentation import JointAngle, JointPairDistance, Segment, Segmentation

NEUROPOSE_SAMPLE = {
    "config": {
        "extractor": {"kind": "joint_axis", "joint": 41, "axis": 1, "invert": False},
        "person_index": 0,
        "min_distance_seconds": 0.4,
        "min_prominence": None,
        "min_height": None,
        "pad_seconds": 0.0,
        "method": "valley_to_valley_v1",
    },
    "segments": [{"start": 0, "end": 31, "peak": 15}, {"start": 30, "end": 61, "peak": 46}],
}


def test_what_neuropose_stores_comes_back_unchanged():
    assert Segmentation.model_validate(NEUROPOSE_SAMPLE).model_dump(mode="json") == NEUROPOSE_SAMPLE


@pytest.mark.parametrize("extractor", [
    {"kind": "joint_axis", "joint": 0, "axis": 3},
    {"kind": "joint_axis", "joint": -1, "axis": 0},
    {"kind": "joint_pair_distance", "joints": [4, 4]},
    {"kind": "joint_pair_distance", "joints": [4]},
    {"kind": "joint_speed", "joint": 1.5},
    {"kind": "joint_angle", "triplet": [1, 2]},
    {"kind": "joint_colour", "joint": 1},
])  # fmt: skip
def test_an_impossible_signal_is_refused(extractor):
    with pytest.raises(ValidationError):
        Segmentation.model_validate({"config": {"extractor": extractor}})


def test_signals_are_told_apart_by_their_kind():
    sample = {"config": {"extractor": {"kind": "joint_angle", "triplet": [1, 2, 3]}}}
    assert Segmentation.model_validate(sample).config.extractor == JointAngle(triplet=(1, 2, 3))
    assert JointPairDistance(joints=(2, 1)).joints == (2, 1)


@pytest.mark.parametrize(("start", "peak", "end"), [(5, 4, 9), (5, 9, 9), (5, 5, 5), (-1, 0, 3)])
def test_a_segment_holds_its_peak(start, peak, end):
    with pytest.raises(ValidationError):
        Segment(start=start, end=end, peak=peak)
