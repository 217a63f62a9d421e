import re

import pytest
from description.samples import NAME, random_report

from neuropose_ray.analysis import BODY_MEASURES, GAIT_PARAMETERS, repetition_label
from neuropose_ray.analysis.angles.definitions import ANGLE_DEFINITIONS
from neuropose_ray.description import LANGUAGES, Finding
from neuropose_ray.description.findings import findings_of_report
from neuropose_ray.description.language import language_of, side_words
from neuropose_ray.description.values import Amount, Count, Quotation, Term

ENGLISH, GERMAN = language_of("en"), language_of("de")


def places(sentence: str) -> set[str]:
    return set(re.findall(r"\{(\w+)", sentence))


def test_all_languages_say_the_same_with_the_same_values():
    for language in map(language_of, LANGUAGES):
        assert language.sentences.keys() == ENGLISH.sentences.keys()
        assert language.titles.keys() == ENGLISH.titles.keys()
        assert language.units.keys() == ENGLISH.units.keys()
        for key, sentence in language.sentences.items():
            assert places(sentence) == places(ENGLISH.sentences[key]), key


def test_german_has_a_term_for_every_angle_and_measure():
    names = {name.removeprefix("left_").removeprefix("right_") for name in ANGLE_DEFINITIONS}
    names |= {*GAIT_PARAMETERS, "knee_flexion", "elbow_flexion", "hip_flexion", "shoulder_elevation"}
    assert names <= GERMAN.terms.keys()


def test_every_measure_of_the_whole_body_has_a_term_in_every_language():
    for language in map(language_of, LANGUAGES):
        assert BODY_MEASURES.keys() <= language.terms.keys()


def test_measures_of_repetitions_have_a_term_in_every_language():
    for name in ("duration_s", "range_of_motion", "peak_velocity_out", "peak_velocity_back"):
        assert repetition_label(name, "deg")
        for language in map(language_of, LANGUAGES):
            assert "_" not in language.term(name)


@pytest.mark.parametrize(("number", "expected"), [(0, "0 frames were"), (1, "1 frame was"), (2, "2 frames were")])
def test_words_follow_their_counts(number, expected):
    finding = Finding("recording", "recording_without_rate", {"frames": Count(number)})
    assert ENGLISH.sentence(finding).startswith(expected)


@pytest.mark.parametrize(
    ("amount", "english", "german"),
    [
        (Amount(1.005, 1, "m"), "1.0 m", "1,0 m"),
        (Amount(-12.34, 1, "deg"), "\N{MINUS SIGN}12.3°", "\N{MINUS SIGN}12,3°"),
        (Amount(-0.04, 1, "deg"), "0.0°", "0,0°"),
        (Amount(98.6, 0, "steps/min"), "99 steps/min", "99 Schritte/min"),
        (Amount(3, 0), "3", "3"),
    ],
)
def test_numbers_follow_the_customs_of_a_language(amount, english, german):
    assert ENGLISH.amount(amount) == english
    assert GERMAN.amount(amount) == german


def test_every_language_says_sides_in_words_that_it_lists():
    for language in map(language_of, LANGUAGES):
        for side, other in (("left", "right"), ("right", "left")):
            said = re.findall(r"\w+", language.term(f"{side}_knee_flexion").lower())
            assert set(said) & set(language.side_words[side])
            assert not set(said) & set(language.side_words[other])


def test_words_of_sides_are_known_in_all_their_forms_and_name_one_side():
    words = side_words()
    assert (words["left"], words["right"]) == ("left", "right")
    for ending in ("s", "e", "en", "er", "em", "es"):
        assert (words[f"link{ending}"], words[f"recht{ending}"]) == ("left", "right")
    said = [words for language in map(language_of, LANGUAGES) for words in language.side_words.values()]
    assert sum(map(len, said)) == len(words)


def test_sides_are_put_to_terms_as_the_language_has_it():
    assert ENGLISH.term("left_knee_flexion") == "left knee flexion"
    assert GERMAN.term("left_knee_flexion") == "Kniebeugung links"
    assert ENGLISH.term("left_something_new") == "left something new"


def test_lists_end_with_a_conjunction():
    values = {"angles": (Term("hip_flexion"), Term("knee_flexion"), Term("foot_angle")), "number": Count(3)}
    text = ENGLISH.sentence(Finding("doubts", "not_reliable", values))
    assert text.endswith("hip flexion, knee flexion and foot angle.")


def test_a_quotation_keeps_its_words_and_gets_one_full_stop():
    for sentence in ("the height was assumed", "the height was assumed."):
        finding = Finding("doubts", "remark", {"remark": Quotation(sentence)})
        assert ENGLISH.sentence(finding) == "The height was assumed."


@pytest.mark.parametrize("code", LANGUAGES)
def test_every_sentence_of_random_analyses_is_whole(code):
    for seed in range(100):
        for finding in findings_of_report(random_report(seed)):
            sentence = language_of(code).sentence(finding)
            assert not re.search(r"[{}|_]|  |\.\.", sentence.replace(NAME, "clip")), sentence
            assert sentence.endswith((".", "“"))
            assert not sentence[0].islower()
