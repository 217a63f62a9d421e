import numpy as np
import pytest
from analysis.dtw.cohort import movements, performed
from pydantic import ValidationError

from neuropose_ray.analysis.cleaning.records import Cleaned, CleaningStep, LabelSwap


def step(name, **changes):
    fields = {"settings": {"window": 5}, "coverage_before": 1.0, "coverage_after": 1.0}
    counts = {"removed": 0, "filled": 0, "changed": 0, "frames_before": 5, "frames_after": 5}
    return CleaningStep(step=name, **(fields | counts | changes))


def test_the_warnings_of_a_cleaning_are_those_of_its_steps_in_order():
    motion = performed("walk", movements()["walk"], seconds=0.2)
    steps = (step("outliers", warnings=("b", "a")), step("gaps"), step("smoothing", warnings=("c",)))
    nothing = np.zeros(motion.joint_scores.shape, bool)
    assert Cleaned(motion, steps, nothing, nothing, ()).warnings == ("b", "a", "c")


def test_a_step_comes_back_from_json_and_cannot_be_changed_at_any_depth():
    record = step("gaps", settings={"max_gap_s": 0.2, "kinds": ["linear"]})
    assert CleaningStep.model_validate_json(record.model_dump_json()) == record
    with pytest.raises(ValidationError, match="frozen"):
        record.removed = 1
    with pytest.raises(TypeError):
        record.settings["max_gap_s"] = 1


def test_steps_and_limbs_that_there_are_not_are_refused():
    with pytest.raises(ValidationError, match="label_swaps"):
        step("polishing")
    with pytest.raises(ValidationError, match="legs"):
        LabelSwap(limb="tail", joints=("left_hip",), first_frame=0, last_frame=1)
