import pytest
from analysis.segmentation.heels import heel, predictions

from neuropose_ray.analysis.segmentation.extractors import joint_axis
from neuropose_ray.analysis.segmentation.predictions import segment_predictions
from neuropose_ray.schemas.segmentation import Segmentation

RIGHT_HEEL_Y = joint_axis("rhee", "y")


def test_seconds_become_frames_and_the_configuration_is_kept():
    found = segment_predictions(
        predictions([heel(30)]), RIGHT_HEEL_Y, min_distance_seconds=0.4, min_prominence=30, pad_seconds=0.1
    )
    assert [(one.start, one.peak, one.end) for one in found.segments[1:-1]] == [(19, 38, 56), (49, 68, 86)]
    assert (found.config.min_distance_seconds, found.config.method) == (0.4, "prominent_valleys_v3")
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
