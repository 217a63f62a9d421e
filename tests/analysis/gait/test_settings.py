import pytest
from pydantic import ValidationError

from neuropose_ray.analysis.gait.settings import GaitSettings

POSITIVE = [name for name in GaitSettings.model_fields if name != "up"]


@pytest.mark.parametrize("name", POSITIVE)
@pytest.mark.parametrize("value", [0, -1])
def test_times_distances_and_counts_are_positive(name, value):
    with pytest.raises(ValidationError, match=name):
        GaitSettings(**{name: value})


def test_a_share_of_the_walking_speed_is_at_most_all_of_it():
    assert GaitSettings(contact_speed=1).contact_speed == 1
    with pytest.raises(ValidationError, match="contact_speed"):
        GaitSettings(contact_speed=1.1)


def test_up_is_a_direction_of_any_length():
    assert GaitSettings(up=(0, -9.81, 1)).up == (0, -9.81, 1)
    with pytest.raises(ValidationError, match="up must not be zero"):
        GaitSettings(up=(0, 0, 0))
