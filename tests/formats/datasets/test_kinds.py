"""What decides about a data set."""

import pytest

from neuropose_ray.errors import SettingsError
from neuropose_ray.formats.datasets.kinds import EXCLUDED_BY_DEFAULT, DatasetSettings
from neuropose_ray.schemas.frame_table import FrameFlag


@pytest.mark.parametrize("fractions", [(0.5, 0.1, 0.1), (1.2, -0.2, 0.0)])
def test_fractions_that_are_none_are_refused(fractions):
    with pytest.raises(SettingsError, match="do not add up to 1"):
        DatasetSettings(fractions=fractions)


def test_frames_of_nobody_and_of_stillness_are_kept_by_default():
    assert EXCLUDED_BY_DEFAULT.isdisjoint({FrameFlag.NOBODY, FrameFlag.IDLE, FrameFlag.AFTER_GAP})
