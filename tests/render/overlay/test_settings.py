"""Settings of the overlay: faces and voices tell who somebody is, and impossible values are refused by name."""

import pytest
from pydantic import ValidationError

from neuropose_ray.render.overlay.choices import AngleJoint, View
from neuropose_ray.render.overlay.settings import OverlaySettings


def test_sound_is_left_out_unless_it_is_asked_for():
    assert not OverlaySettings().sound


@pytest.mark.parametrize(
    ("name", "value"),
    [("angles", ["ear"]), ("view", "below"), ("joint_score", 1.1), ("person_score", -0.1), ("hold_s", -1),
     ("encoder_threads", 0), ("encoder_preset", "fastest"), ("encoder_crf", 52), ("blur", True)],
)  # fmt: skip
def test_impossible_values_and_unknown_names_are_refused(name: str, value: object):
    with pytest.raises(ValidationError, match=name):
        OverlaySettings(**{name: value})


def test_settings_are_read_from_a_file_as_they_are_written():
    settings = OverlaySettings(angles=tuple(AngleJoint), view=View.TURNING, blur_faces=True, hold_s=1.5)
    assert OverlaySettings.model_validate_json(settings.model_dump_json()) == settings


def test_every_setting_is_described():
    assert all(field.description for field in OverlaySettings.model_fields.values())
