import numpy as np
import pytest

from neuropose_ray.analysis.motion import Motion
from neuropose_ray.analysis.segmentation.extractors import joint_axis
from neuropose_ray.analysis.segmentation.gait_cycles import segment_gait_cycles, segment_gait_cycles_bilateral
from neuropose_ray.analysis.segmentation.predictions import segment_predictions
from neuropose_ray.schemas.header import VideoMetadata
from neuropose_ray.schemas.predictions import FramePrediction, VideoPredictions, frame_name
from neuropose_ray.schemas.segmentation import Segmentation
from neuropose_ray.schemas.skeletons import BERKELEY_MHAD_43, BLAZEPOSE_33, SMPL_24

FRAMES = 120
BOX = (0.0, 0.0, 10.0, 10.0, 1.0)


def heel(period, phase=0.0):
    return 100 * np.sin(2 * np.pi * np.arange(FRAMES) / period + phase)


def predictions(people, skeleton=BERKELEY_MHAD_43, fps=30.0, order=None, tracks=None):
    """``people``: for each, the y of the right heel per frame; the left follows half a cycle later."""
    right, left = skeleton.index("right_heel"), skeleton.index("left_heel")
    frames = {}
    for frame in range(FRAMES):
        present = list((order or {}).get(frame, range(len(people))))
        poses = np.zeros((len(present), len(skeleton), 3))
        for place, person in enumerate(present):
            poses[place, right, 1], poses[place, left, 1] = people[person][frame], -people[person][frame]
        frames[frame_name(frame)] = FramePrediction(
            boxes=[BOX] * len(present), poses3d=poses.tolist(), poses2d=poses[..., :2].tolist(),
            track_ids=present if tracks else None,
        )  # fmt: skip
    metadata = VideoMetadata(frame_count=FRAMES, fps=fps, width=10, height=10)
    return VideoPredictions(metadata=metadata, skeleton=skeleton, frames=frames)


RIGHT_HEEL_Y = joint_axis("rhee", "y")


def starts(segmentation):
    return [segment.start for segment in segmentation.segments]


def test_seconds_become_frames_and_the_configuration_is_kept():
    found = segment_predictions(
        predictions([heel(30)]), RIGHT_HEEL_Y, min_distance_seconds=0.4, min_prominence=30, pad_seconds=0.1
    )
    assert [(one.start, one.peak, one.end) for one in found.segments[1:-1]] == [(19, 38, 56), (49, 68, 86)]
    assert (found.config.min_distance_seconds, found.config.method) == (0.4, "prominent_valleys_v2")
    assert Segmentation.model_validate_json(found.model_dump_json()) == found


def test_halves_of_frames_are_rounded_to_even_as_neuropose_does():
    padded = segment_predictions(predictions([heel(30)], fps=25), RIGHT_HEEL_Y, pad_seconds=0.1)
    plain = segment_predictions(predictions([heel(30)], fps=25), RIGHT_HEEL_Y)
    assert plain.segments[1].start - padded.segments[1].start == 2


def test_times_need_a_frame_rate():
    silent = predictions([heel(30)], fps=0.0)
    assert len(segment_predictions(silent, RIGHT_HEEL_Y).segments) == 4
    for bounds in ({"min_distance_seconds": 0.4}, {"pad_seconds": 0.1}):
        with pytest.raises(ValueError, match="fps"):
            segment_predictions(silent, RIGHT_HEEL_Y, **bounds)


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
