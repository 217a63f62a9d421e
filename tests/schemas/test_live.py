"""Options of live sources: defaults for a camera, and nothing that cannot be meant."""

import pytest
from pydantic import ValidationError

from neuropose_ray.schemas.live import SourceOptions


def test_by_default_the_latest_of_ten_frames_a_second_is_given_and_connecting_never_ends():
    options = SourceOptions()
    assert (options.kind, options.fps, options.buffer, options.max_retries) == ("auto", 10, "latest", -1)


@pytest.mark.parametrize(
    "wrong",
    [{"fps": 0}, {"fps": float("nan")}, {"fps": -1}, {"buffer": "all"}, {"buffer_frames": 0}, {"max_retries": -2},
     {"stall_s": 0}, {"reconnect_interval_s": float("inf")}, {"clip_s": -1}, {"transport": "sctp"}, {"speed": 2}],
)  # fmt: skip
def test_options_that_mean_nothing_are_refused(wrong):
    with pytest.raises(ValidationError):
        SourceOptions.model_validate(wrong)


def test_options_travel_as_json():
    options = SourceOptions(fps=None, buffer="wait", clip_s=20)
    assert SourceOptions.model_validate_json(options.model_dump_json()) == options
