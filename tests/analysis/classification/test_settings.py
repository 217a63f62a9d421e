import pytest
from pydantic import ValidationError

from neuropose_ray.analysis.classification.settings import (
    ClassificationSettings,
    MultiRocketSettings,
    NearestNeighbourSettings,
)


@pytest.mark.parametrize("classifier", [NearestNeighbourSettings(neighbours=3), MultiRocketSettings(seed=7)])
def test_a_classifier_comes_back_from_json_by_its_kind(classifier):
    settings = ClassificationSettings(classifier=classifier)
    assert ClassificationSettings.model_validate_json(settings.model_dump_json()) == settings


def test_an_unknown_kind_is_refused_with_those_there_are():
    with pytest.raises(ValidationError, match="'nearest_neighbour', 'multirocket'"):
        ClassificationSettings.model_validate({"classifier": {"kind": "forest"}})


def test_the_usual_neighbour_is_one_and_long_trials_are_no_farther_apart():
    classifier = ClassificationSettings().classifier
    assert (classifier.neighbours, classifier.warping.path_normalise, classifier.warping.band) == (1, True, 0.1)
