"""A figure that is counted for Prometheus."""

import pytest

from neuropose_ray.schemas.metric import Metric


@pytest.mark.parametrize(("kind", "exported"), [("counter", "ray_frames_total"), ("gauge", "ray_frames")])
def test_ray_exports_it_with_a_prefix_and_counters_with_a_suffix(kind, exported):
    assert Metric("frames", kind, "Frames.").exported_name == exported
