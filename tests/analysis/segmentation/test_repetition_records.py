import numpy as np
import pytest
from pydantic import ValidationError

from neuropose_ray.analysis.segmentation.excursions import ExcursionSettings
from neuropose_ray.analysis.segmentation.movements import MovementSignal
from neuropose_ray.analysis.segmentation.repetition_records import Repetitions, RepetitionSettings


def test_the_signal_of_a_side_is_the_one_in_which_its_repetitions_were_found():
    sides = tuple(MovementSignal("elbow_flexion", side, "deg", np.zeros(3), (0,)) for side in ("right", "left"))
    repetitions = Repetitions("elbow_flexion", sides, (), ())
    assert repetitions.signal("left") is sides[1]
    with pytest.raises(StopIteration):
        repetitions.signal("both")


def test_repetitions_have_all_thresholds_of_excursions_with_the_same_defaults():
    excursions = ExcursionSettings().model_dump()
    assert RepetitionSettings().model_dump(include=set(excursions)) == excursions


@pytest.mark.parametrize(("name", "value"), [
    ("min_range_deg", 0), ("in_phase", 1.1), ("one_sided", 1), ("as_good", 0), ("alike", -0.1), ("shallow_share", 1),
    ("min_rnage_deg", 30),
])  # fmt: skip
def test_a_threshold_that_makes_no_sense_is_refused_by_name(name, value):
    with pytest.raises(ValidationError, match=name):
        RepetitionSettings(**{name: value})
