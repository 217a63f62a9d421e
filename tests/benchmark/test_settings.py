"""Settings of a benchmark: a pass to warm up and one to measure are the least."""

import pytest
from pydantic import ValidationError

from neuropose_ray.benchmark.settings import BenchmarkSettings


@pytest.mark.parametrize(
    ("name", "value"),
    [("repeats", 1), ("warmup_frames", -1), ("frames", 0), ("clip_frames", 0), ("clip_bytes", 0), ("passes", 3)],
)
def test_impossible_values_and_unknown_names_are_refused(name: str, value: int):
    with pytest.raises(ValidationError, match=name):
        BenchmarkSettings(**{name: value})


def test_every_setting_is_described():
    assert all(field.description for field in BenchmarkSettings.model_fields.values())
