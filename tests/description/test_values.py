from hypothesis import given
from hypothesis import strategies as st

from neuropose_ray.description.values import Amount


@given(st.floats(-1e6, 1e6), st.integers(0, 3))
def test_digits_are_the_number_at_its_decimals_and_nothing_is_less_than_nothing(value, decimals):
    digits = Amount(value, decimals).digits
    assert float(digits) == float(f"{value:.{decimals}f}")
    assert len(digits.partition(".")[2]) == decimals
    assert digits.lstrip("-0.") or not digits.startswith("-")
