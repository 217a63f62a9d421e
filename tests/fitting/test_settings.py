import pickle

import pytest
from pydantic import ValidationError

from neuropose_ray.fitting.settings import FittingSettings


def test_every_setting_says_what_it_is_for():
    assert [name for name, field in FittingSettings.model_fields.items() if not field.description] == []


@pytest.mark.parametrize(("name", "value"), [
    ("height_m", 0.3), ("height_m", 170), ("max_gap_s", -1), ("min_frames", 2), ("score_floor", 0),
    ("bone_sigma_m", 0), ("iterations", 0), ("window_frames", 9), ("model_axes", "world"), ("hieght_m", 1.8),
])  # fmt: skip
def test_a_value_that_makes_no_sense_is_refused_by_name(name, value):
    with pytest.raises(ValidationError, match=name):
        FittingSettings(**{name: value})


def test_settings_cannot_be_changed():
    with pytest.raises(ValidationError, match="frozen"):
        FittingSettings().height_m = 1.8


def test_the_settings_say_whether_somebody_gave_the_height():
    assert FittingSettings().height_source == "assumed"
    usual = FittingSettings().height_m
    for given in (FittingSettings(height_m=usual), FittingSettings().model_copy(update={"height_m": 1.6})):
        assert given.height_source == "given"
        assert pickle.loads(pickle.dumps(given)).height_source == "given"


@pytest.mark.parametrize("written", ["off", False])
def test_the_prior_is_off_as_yaml_says_it(written):
    assert FittingSettings(depth_prior=written).depth_prior == "off"
