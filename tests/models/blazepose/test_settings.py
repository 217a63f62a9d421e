"""Settings of BlazePose: those that change numbers are in the fingerprint, and no others."""

import json

import pytest
from pydantic import ValidationError

from neuropose_ray.models.blazepose.settings import BlazePoseSettings

OTHERS = {
    "max_persons": 2, "detector_threshold": 0.6, "presence_threshold": 0.6, "following_threshold": 0.3,
    "hold_frames": 3, "search_interval": 5, "refresh_interval": 50, "tile_rows": 2, "mirror": True, "threads": 4,
    "session_frames": 100,
}  # fmt: skip


@pytest.mark.parametrize("name", list(BlazePoseSettings.model_fields))
def test_another_value_is_another_fingerprint_unless_it_changes_no_number(name: str):
    changed = BlazePoseSettings(**{name: OTHERS[name]})
    assert changed != BlazePoseSettings()
    assert (changed.fingerprint() == BlazePoseSettings().fingerprint()) == (name == "threads")


def test_the_fingerprint_is_json_of_the_settings():
    told = json.loads(BlazePoseSettings(max_persons=3).fingerprint())
    assert told["max_persons"] == 3
    assert set(told) == set(BlazePoseSettings.model_fields) - {"threads"}


@pytest.mark.parametrize(
    ("name", "value"),
    [("max_persons", 0), ("detector_threshold", 0), ("detector_threshold", 1), ("presence_threshold", 1),
     ("following_threshold", 0), ("hold_frames", -1), ("search_interval", 0), ("refresh_interval", 0),
     ("tile_rows", 7), ("session_frames", 0), ("threads", 0), ("persons", 1)],
)  # fmt: skip
def test_impossible_values_are_refused_by_name(name: str, value: float):
    with pytest.raises(ValidationError, match=name):
        BlazePoseSettings(**{name: value})
