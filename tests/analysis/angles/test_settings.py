import pytest
from pydantic import ValidationError

from neuropose_ray.analysis.angles.settings import AngleSettings


def test_a_level_camera_sees_up_as_minus_y():
    assert AngleSettings().up == (0, -1, 0)


@pytest.mark.parametrize("up", [(0, 0, 0), (float("inf"), 0, 0), (float("nan"), 0, 0)])
def test_what_has_no_direction_is_no_vertical(up):
    with pytest.raises(ValidationError, match="up must be a direction"):
        AngleSettings(up=up)


@pytest.mark.parametrize("degrees", [0, 90, -1])
def test_the_bound_of_an_undefined_angle_lies_between_the_axis_and_the_plane(degrees):
    with pytest.raises(ValidationError, match="min_off_axis_deg"):
        AngleSettings(min_off_axis_deg=degrees)
