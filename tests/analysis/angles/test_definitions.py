"""The written conventions are complete."""

import pytest

from neuropose_ray.analysis.angles.definitions import ANGLE_DEFINITIONS
from neuropose_ray.schemas.skeleton import LANDMARKS


@pytest.mark.parametrize("definition", ANGLE_DEFINITIONS.values(), ids=lambda definition: definition.name)
def test_a_definition_says_where_zero_is_and_which_way_is_positive(definition):
    assert "; 0 " in definition.definition
    assert definition.positive
    assert definition.unit == "deg"
    low, high = definition.range_deg
    assert low <= 0 < high <= low + 360
    assert definition.landmarks
    assert set(definition.landmarks) <= set(LANDMARKS)


def test_sides_come_in_pairs_with_one_convention():
    for name, definition in ANGLE_DEFINITIONS.items():
        if name.startswith("right_"):
            left = ANGLE_DEFINITIONS[name.replace("right_", "left_")]
            assert (left.definition, left.positive) == (definition.definition, definition.positive)
            assert left.range_deg == definition.range_deg
