"""The tables and curves of the whole body, of analyses of bodies that are known."""

from dataclasses import replace

import numpy as np
import pytest
from analysis.body.bodies import UP, jumping, motion_of, performed

from neuropose_ray.analysis import BODY_MEASURES, RUNNING_MEASURES, BodySettings, MovementConfig, analyse_movement
from neuropose_ray.analysis.body.records import BodyMeasure, Running
from neuropose_ray.phantom.motions import Squatting
from neuropose_ray.render.records import Estimate
from neuropose_ray.render.sides import Side
from neuropose_ray.report.collect.body import body_curves, body_tables
from neuropose_ray.schemas.skeleton import Skeleton

CONFIG = MovementConfig(kind="movement", angles=None, gait=None, repetitions=None, body=BodySettings(up=UP))


@pytest.fixture(scope="module")
def jump():
    return jumping(0.3, 30.0)[0]


@pytest.fixture(scope="module")
def record(jump):
    return analyse_movement(jump, CONFIG).results.body


def test_every_measure_is_a_row_and_the_note_states_masses_sources_and_that_there_are_no_forces(record):
    first, *_ = body_tables(record)
    assert len(first.rows) == len(BODY_MEASURES)
    values = {row[0]: (row[1], row[2]) for row in first.rows}
    height = next(measure for measure in record.measures if measure.name == "centre_height_range_m")
    assert values["Centre height range"] == ("m", height.value)
    for said in ("de Leva 1996", "the mean of women's and men's", "Balasubramanian", "Forces do not follow"):
        assert said in first.note


def test_a_jump_leads_to_its_take_off_and_has_both_heights_and_an_error(record):
    _, jumps = body_tables(record)
    (row,) = jumps.rows
    assert jumps.seek_s == (record.jumps[0].start_s,)
    cells = dict(zip((column.label for column in jumps.columns), row, strict=True))
    assert isinstance(cells["Height"], Estimate)
    assert cells["Height"].low < 0.3 < cells["Height"].high
    assert (cells["From"], cells["Onto"]) == ("both", "both")


def test_a_run_is_a_row_with_every_measure(record):
    measures = tuple(BodyMeasure(name=name, value=1.5) for name in RUNNING_MEASURES)
    runs = (Running(start_s=1.0, end_s=2.0, flights=3, measures=measures),)
    *_, table = body_tables(record.model_copy(update={"running": runs, "jumps": ()}))
    assert table.title == "Running"
    assert table.rows == (("1", 1.0, 2.0, 3.0, 1.5, 1.5, 1.5, 1.5),)
    assert table.seek_s == (1.0,)


def test_what_stands_in_for_joints_is_in_the_note(record):
    told = record.model_copy(update={"stand_ins": ("the head is taken to be in line with the trunk",)})
    assert "The head is taken to be in line with the trunk." in next(body_tables(told)).note


def test_curves_have_the_cameras_up_and_units_and_gaps_where_a_joint_is_missing(jump):
    seen = replace(jump, positions=jump.positions * [1, -1, -1])  # the camera's y points down
    positions = seen.positions.copy()
    positions[5] = np.nan
    raw = replace(seen, positions=positions)
    height, speed, energy = body_curves(raw, seen)
    assert (height.unit, speed.unit, energy.unit) == ("m", "m/s", "J/kg")
    assert {curve.side for curve in (height, speed, energy)} == {Side.MIDDLE}
    assert np.isnan(height.raw[5])
    assert height.cleaned.max() > 0.55  # from the crouch to the top of the jump
    assert energy.cleaned.max() > 2.5


def test_a_skeleton_that_lacks_joints_has_no_curves():
    motion = performed(Squatting(), seconds=0.5)
    skeleton = Skeleton(name="one", joint_names=("left_hip",), landmarks={"left_hip": "left_hip"})
    one = motion_of(motion.joint("left_hip")[:, None], motion.timestamps_s, skeleton)
    assert body_curves(one, one) == ()
