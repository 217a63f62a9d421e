"""Settings of tracking: impossible values are refused by name, and every setting is described."""

import pytest
from pydantic import ValidationError

from neuropose_ray.tracking.settings import TrackingSettings


def test_every_setting_is_described_and_none_can_be_changed_afterwards():
    settings = TrackingSettings()
    for name, field in TrackingSettings.model_fields.items():
        assert field.description
        with pytest.raises(ValidationError):
            setattr(settings, name, getattr(settings, name))


@pytest.mark.parametrize("name", list(TrackingSettings.model_fields))
def test_negative_values_are_refused_by_name(name: str):
    with pytest.raises(ValidationError, match=name):
        TrackingSettings(**{name: -1})


def test_a_misspelt_setting_is_refused():
    with pytest.raises(ValidationError, match="max_gap_seconds_"):
        TrackingSettings(max_gap_seconds_=1)
