import pytest
from description.samples import random_report
from hypothesis import given
from hypothesis import strategies as st

from neuropose_ray.description import LANGUAGES, Finding, describe
from neuropose_ray.description.findings import findings_of_report
from neuropose_ray.description.numbers import numbers_in, unsupported_numbers
from neuropose_ray.description.values import Amount, Count

FACTS = [Finding("angles", "angle", {"low": Amount(-12.34, 1, "deg"), "n": Count(3), "high": Amount(82.0, 1, "deg")})]


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("from 12.3° to 82°", ["12.3", "82"]),
        ("von 12,3° bis 82°", ["12.3", "82"]),
        ("\N{MINUS SIGN}5 to -6.5", ["-5", "-6.5"]),
        ("10-12 steps", ["10", "12"]),
        ("three repetitions, drei Wiederholungen", ["3", "3"]),
        ("knee2, 3D", ["2", "3"]),
        ("1.70 m", ["1.70"]),
        ("nothing here", []),
    ],
)
def test_numbers_are_found_in_digits_and_in_words(text, numbers):
    assert list(numbers_in(text)) == numbers


@pytest.mark.parametrize("text", ["82°", "82.0°", "82,0°", "-12.3", "\N{MINUS SIGN}12,3", "-12", "three", "3 times"])
def test_a_number_of_a_fact_passes_also_with_fewer_decimals(text):
    assert unsupported_numbers(text, FACTS) == ()


@pytest.mark.parametrize("text", ["83°", "82.1", "12.3", "-12.34", "four", "twice", "8", "820", "0.82"])
def test_any_other_number_is_refused(text):
    assert unsupported_numbers(text, FACTS) != ()


@given(st.integers(-10_000, 10_000), st.integers(0, 2))
def test_a_number_passes_exactly_if_it_is_a_fact_rounded(thousandths, decimals):
    number = f"{thousandths / 100:.{decimals}f}"
    allowed = any(
        float(number) == float(f"{float(shown):.{min(decimals, places)}f}")
        for shown, places in (("-12.3", 1), ("82.0", 1), ("3", 0))
    )
    assert (unsupported_numbers(f"it is {number}", FACTS) == ()) == allowed


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_templates_hold_to_their_own_facts(language):
    for seed in range(60):
        findings = findings_of_report(random_report(seed))
        assert unsupported_numbers(describe(findings, language).text, findings) == (), seed
