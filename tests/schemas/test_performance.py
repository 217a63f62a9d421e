import pytest
from pydantic import ValidationError

from neuropose_ray.schemas.performance import PerformanceMetrics

FIELDS = {
    "model_load_seconds": None,
    "total_seconds": 10.5,
    "per_frame_latencies_ms": [20.0, 21.5],
    "peak_rss_mb": 512.25,
    "active_device": "cpu",
    "tensorflow_metal_active": False,
    "tensorflow_version": "unknown",
    "frames": 2,
    "workers": 2,
    "decode_seconds": 1.0,
    "infer_seconds": 18.0,
    "other_seconds": 2.0,
}


def test_metrics_come_back_from_json():
    metrics = PerformanceMetrics.model_validate(FIELDS)
    assert metrics.model_dump(mode="json") == FIELDS
    assert metrics.per_frame_latencies_ms == (20.0, 21.5)


@pytest.mark.parametrize("wrong", [
    {"total_seconds": -1}, {"per_frame_latencies_ms": [-1]}, {"workers": 0}, {"frames": 1.5}, {"peak_rss_mb": "1"},
])  # fmt: skip
def test_impossible_figures_are_refused(wrong):
    with pytest.raises(ValidationError, match=next(iter(wrong))):
        PerformanceMetrics.model_validate(FIELDS | wrong)
