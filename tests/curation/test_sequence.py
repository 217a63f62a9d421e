"""Pictures in the order of their numbers, with every fault of the numbering."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neuropose_ray.curation import IngestSettings, sequence_of
from neuropose_ray.errors import InputError, SettingsError

DEFAULT = IngestSettings()


def ordered(*names, pattern=None):
    return sequence_of(names, IngestSettings(pattern=pattern) if pattern else DEFAULT, "folder")


@given(st.lists(st.integers(0, 300), min_size=1, unique=True), st.randoms())
@settings(max_examples=50)
def test_order_and_gaps_are_those_of_the_numbers(numbers, random):
    names = [f"image_{number}.jpg" for number in numbers]
    random.shuffle(names)
    sequence = ordered(*names)
    assert list(sequence.numbers) == sorted(numbers)
    assert list(sequence.names) == [f"image_{number}.jpg" for number in sorted(numbers)]
    missing = {n for gap in sequence.gaps for n in range(gap.first, gap.last + 1)}
    assert missing == set(range(min(numbers), max(numbers) + 1)) - set(numbers)
    assert bool(sequence.problems()) == bool(missing)


def test_two_comes_before_ten():
    assert ordered("image_10.png", "image_2.png", "image_1.png").names == (
        "image_1.png",
        "image_2.png",
        "image_10.png",
    )


def test_the_first_of_several_names_of_one_number_is_kept():
    sequence = ordered("image_1.jpg", "image_01.jpg", "image_1.png", "image_2.jpg")
    assert sequence.names == ("image_01.jpg", "image_2.jpg")
    assert sequence.doubles == ("image_1.jpg", "image_1.png")


def test_faults_are_told_in_sentences():
    sequence = ordered("i_1.jpg", "i_4.jpg", "i_6.jpg", "i_06.jpg", "cover.jpg")
    assert sequence.problems() == (
        "3 numbers of 1 to 6 are missing (2 to 3, 5).",
        "1 picture repeats a number and is left out (i_6.jpg).",
        "1 picture has no number and is left out (cover.jpg).",
    )
    assert ordered("i_1.jpg", "i_3.jpg").problems() == ("1 number of 1 to 3 is missing (2).",)
    with pytest.raises(InputError, match=r"folder: 3 numbers .*cover.jpg\); complete the folder"):
        sequence.require_strict("folder")
    ordered("i_1.jpg", "i_2.jpg").require_strict("folder")


def test_a_pattern_of_ones_own():
    sequence = ordered("cam_7_left.png", "cam_12_left.png", pattern=r"cam_(?P<number>\d+)_left")
    assert sequence.numbers == (7, 12)


@pytest.mark.parametrize(
    ("names", "reason"),
    [((), "picture has a number"), (("a.jpg",), "picture has a number"), (("a_1.jpg", "b_1.jpg"), "2 series")],
)
def test_a_folder_without_one_series_is_refused(names, reason):
    with pytest.raises(InputError, match=reason):
        ordered(*names)


@pytest.mark.parametrize("pattern", ["(", r"image_(\d+)"])
def test_a_pattern_that_is_none_is_refused(pattern):
    with pytest.raises(SettingsError, match=r"ingest\.pattern"):
        ordered("image_1.jpg", pattern=pattern)


def test_digits_of_other_scripts_that_are_no_numbers_do_not_stop_it():
    assert ordered("image_1.jpg", "image_².jpg").unnumbered == ("image_².jpg",)
