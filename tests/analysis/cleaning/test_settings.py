import pytest
from pydantic import ValidationError

from neuropose_ray.analysis.cleaning.settings import (
    ButterworthSettings,
    CleaningSettings,
    MedianSettings,
    OneEuroSettings,
    OutlierSettings,
    SavitzkyGolaySettings,
)


def test_a_step_is_left_out_by_none_and_a_smoother_is_chosen_by_its_kind():
    settings = CleaningSettings.model_validate(
        {"outliers": None, "smoothing": {"kind": "one_euro", "min_cutoff_hz": 2}}
    )
    assert settings.outliers is None
    assert settings.smoothing == OneEuroSettings(min_cutoff_hz=2)
    assert isinstance(CleaningSettings().smoothing, ButterworthSettings)


@pytest.mark.parametrize("kind", [OutlierSettings, MedianSettings, SavitzkyGolaySettings])
def test_a_window_needs_a_middle(kind):
    with pytest.raises(ValidationError, match="odd"):
        kind(window=6)


def test_a_polynomial_must_be_determined_by_its_window():
    with pytest.raises(ValidationError, match="below the window"):
        SavitzkyGolaySettings(window=5, polynomial_order=5)


@pytest.mark.parametrize("order", [1, 3, 5])
def test_the_order_of_a_filter_run_both_ways_is_even(order):
    with pytest.raises(ValidationError):
        ButterworthSettings(order=order)
