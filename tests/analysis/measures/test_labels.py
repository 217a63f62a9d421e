"""Measures have one name and one unit in every table."""

import pytest

from neuropose_ray.analysis.gait.parameters import GAIT_PARAMETERS
from neuropose_ray.analysis.measures.labels import Label, column_unit, gait_label, repetition_label
from neuropose_ray.analysis.measures.repetition import MEASURES


@pytest.mark.parametrize("name", MEASURES)
def test_every_measure_of_a_repetition_has_a_label(name):
    label = repetition_label(name, "deg")
    assert label.text
    assert "{" not in label.unit
    assert name.endswith("_s") == (label.unit == "s")


@pytest.mark.parametrize("name", GAIT_PARAMETERS)
def test_every_gait_parameter_has_the_unit_that_its_name_ends_with(name):
    label = gait_label(name)
    assert f"{label.text.replace(' ', '_')}_{column_unit(label.unit)}" == name


def test_velocities_are_in_the_signals_unit_per_second():
    assert repetition_label("peak_velocity_out", "mm") == Label("peak velocity out", "mm/s", 0)
    assert column_unit("deg/s") == "deg_per_s"
    with pytest.raises(KeyError):
        repetition_label("height", "mm")
