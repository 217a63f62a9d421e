"""Cycles of the feet by the rule of NeuroPose and by ours, of people, tracks and skeletons of all kinds."""

import numpy as np
import pytest
from analysis.segmentation.heels import FRAMES, heel, predictions

from neuropose_ray.analysis.motion import Motion
from neuropose_ray.analysis.segmentation.gait_cycles import segment_gait_cycles, segment_gait_cycles_bilateral
from neuropose_ray.schemas.header import VideoMetadata
from neuropose_ray.schemas.predictions import VideoPredictions
from neuropose_ray.schemas.skeletons import BERKELEY_MHAD_43, BLAZEPOSE_33, SMPL_24


def starts(segmentation):
    return [segment.start for segment in segmentation.segments]


def test_the_second_person_has_cycles_of_their_own():
    both = predictions([heel(30), heel(40)])
    assert len(segment_gait_cycles(both).segments) == 4
    second = segment_gait_cycles(both, person_index=1)
    assert len(second.segments) == 3
    assert second.config.person_index == 1


def test_a_track_is_followed_where_places_change():
    swapped = predictions([heel(30), heel(40)], order=dict.fromkeys(range(50, FRAMES), (1, 0)), tracks=True)
    whole = predictions([heel(30)])
    followed = segment_gait_cycles(swapped, track=0)
    assert starts(followed) == starts(segment_gait_cycles(whole))
    assert starts(segment_gait_cycles(swapped)) != starts(followed)
    assert followed.model_dump()["config"]["track_id"] == 0


def test_frames_without_the_person_are_bridged_but_not_by_neuroposes_rule():
    gaps = predictions([heel(30)], order={40: (), 41: ()})
    assert starts(segment_gait_cycles(gaps)) == starts(segment_gait_cycles(predictions([heel(30)])))
    with pytest.raises(ValueError, match="out of range in frame 40"):
        segment_gait_cycles(gaps, method="valley_to_valley_v1")


@pytest.mark.parametrize("whom", [{"person_index": 3}, {"person_index": -1}, {"track": 0}])
def test_nobody_is_an_error(whom):
    with pytest.raises(ValueError, match="out of range"):
        segment_gait_cycles(predictions([heel(30)]), **whom)


@pytest.mark.parametrize("skeleton", [BERKELEY_MHAD_43, BLAZEPOSE_33])
def test_feet_are_found_in_every_skeleton_that_has_heels(skeleton):
    clip = predictions([heel(30)], skeleton)
    bilateral = segment_gait_cycles_bilateral(clip)
    assert list(bilateral) == ["left_heel_strikes", "right_heel_strikes"]
    assert bilateral["right_heel_strikes"].segments == segment_gait_cycles(clip, joint="rhee").segments
    left, right = ([one.peak for one in bilateral[f"{side}_heel_strikes"].segments] for side in ("left", "right"))
    np.testing.assert_allclose(left[:3], np.add(right[:3], 15), atol=1)
    with pytest.raises(KeyError, match="unknown joint name"):
        segment_gait_cycles(clip, joint="tail")
    with pytest.raises(ValueError, match="axis"):
        segment_gait_cycles(clip, axis="w")


def test_a_motion_is_cut_like_the_predictions_that_it_came_from():
    clip = predictions([heel(30)])
    positions = np.array([frame.poses3d[0] for frame in clip.frames.values()])
    motion = Motion("clip", clip.skeleton, np.arange(FRAMES) / 30, positions, np.full(positions.shape[:2], np.nan))
    assert segment_gait_cycles(motion).segments == segment_gait_cycles(clip).segments
    with pytest.raises(ValueError, match="one person"):
        segment_gait_cycles(motion, person_index=1)


def test_a_skeleton_without_heels_says_so():
    positions = np.zeros((5, 24, 3))
    motion = Motion("clip", SMPL_24, np.arange(5.0), positions, positions[..., 0])
    with pytest.raises(KeyError, match="right_heel"):
        segment_gait_cycles(motion, joint="right_heel")


def test_no_frames_is_an_error():
    metadata = VideoMetadata(frame_count=0, fps=30, width=1, height=1)
    with pytest.raises(ValueError, match="zero frames"):
        segment_gait_cycles(VideoPredictions(metadata=metadata, skeleton=BERKELEY_MHAD_43, frames={}))
