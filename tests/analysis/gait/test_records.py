"""Records are found by name, survive JSON, and cannot be changed."""

import pytest
from pydantic import ValidationError

from neuropose_ray.analysis.gait.events import gait_events
from neuropose_ray.analysis.gait.parameters import gait_parameters
from neuropose_ray.analysis.gait.records import GaitEvents, GaitParameters


def test_events_and_table_survive_json(walk):
    events = gait_events(walk[0])
    table = gait_parameters(walk[0], events)
    assert GaitEvents.model_validate_json(events.model_dump_json()) == events
    assert GaitParameters.model_validate_json(table.model_dump_json()) == table


def test_events_of_a_foot_and_kind_are_those_alone(walk):
    events = gait_events(walk[0])
    counts = [len(events.of(side, kind)) for side in ("left", "right") for kind in ("heel_strike", "toe_off")]
    assert sum(counts) == len(events.events)
    assert min(counts) >= 4
    assert {(event.side, event.kind) for event in events.of("left", "toe_off")} == {("left", "toe_off")}


def test_a_row_that_is_not_there_is_an_error_that_lists_those_there_are(walk):
    table = gait_parameters(walk[0], gait_events(walk[0]))
    with pytest.raises(KeyError, match="no gait parameter 'pace' of left; there are cadence_steps_per_min"):
        table.of("pace", "left")


def test_nothing_can_be_assigned(walk):
    events = gait_events(walk[0])
    with pytest.raises(ValidationError):
        events.warnings = ()
