"""Settings of video: what is impossible is refused by its name, and unknown names are no settings."""

import pytest
from pydantic import ValidationError

from neuropose_ray.video.settings import VideoSettings, WriterSettings


@pytest.mark.parametrize(
    ("kind", "field", "value"),
    [
        (VideoSettings, "image_fps", 0),
        (VideoSettings, "chunk_frames", 0),
        (VideoSettings, "decode_threads", 0),
        (VideoSettings, "frames_ahead", 0),
        (WriterSettings, "crf", 52),
        (WriterSettings, "crf", -1),
        (WriterSettings, "keyframe_interval", 0),
        (WriterSettings, "threads", 0),
        (WriterSettings, "quality", 5),
    ],
)
def test_impossible_values_and_unknown_names_are_refused(kind: type, field: str, value: int):
    with pytest.raises(ValidationError, match=field):
        kind(**{field: value})


@pytest.mark.parametrize("kind", [VideoSettings, WriterSettings])
def test_settings_are_frozen_and_every_one_is_described(kind: type):
    settings = kind()
    for name, field in kind.model_fields.items():
        assert field.description
        with pytest.raises(ValidationError):
            setattr(settings, name, getattr(settings, name))
