"""Scores of a classification."""

import pytest

from neuropose_ray.analysis.classification.result import Classification, ClassifiedTrial, scored


def trials(rows):
    return [
        ClassifiedTrial(name=str(number), subject=subject, label=label, predicted=predicted, majority="walk")
        for number, (subject, label, predicted) in enumerate(rows)
    ]


ROWS = [
    *[("anna", "walk", "walk")] * 4, *[("ben", "walk", "walk")] * 4,
    ("anna", "squat", "walk"), ("ben", "squat", "squat"),
]  # fmt: skip


def test_small_classes_count_as_much_as_large_ones_in_the_balanced_accuracy():
    result = scored(trials(ROWS), few_trials=1, errors={})
    assert result.classes == ("squat", "walk")
    assert result.confusion == ((1, 1), (0, 8))
    assert (result.accuracy, result.balanced_accuracy, result.baseline_accuracy) == (0.9, 0.75, 0.8)
    assert dict(result.accuracy_by_subject) == {"anna": 0.8, "ben": 1.0}
    assert result.warnings == ()


def test_what_makes_the_figures_unsure_is_said():
    result = scored(trials([*ROWS, ("carl", "jump", "walk")]), few_trials=5, errors={})
    assert result.warnings == (
        "only carl shows jump: held out, nothing is left to learn it from",
        "jump has only 1 trial(s): its recall is a rough guess",
        "squat has only 2 trial(s): its recall is a rough guess",
        "anna shows only squat, walk: its accuracy says nothing of other movements",
        "ben shows only squat, walk: its accuracy says nothing of other movements",
        "carl shows only jump: its accuracy says nothing of other movements",
    )


def test_a_result_survives_json():
    result = scored(trials(ROWS), few_trials=5, errors={"x": "x: nobody is seen"})
    assert Classification.model_validate_json(result.model_dump_json()) == result


@pytest.mark.parametrize("predicted", ["squat", "walk"])
def test_all_or_nothing(predicted):
    result = scored(trials([("anna", "walk", predicted), ("ben", "squat", "squat")]), few_trials=1, errors={})
    assert result.accuracy == (1.0 if predicted == "walk" else 0.5)
