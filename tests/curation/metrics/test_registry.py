"""Metrics by name, and a metric of one's own."""

from types import MappingProxyType

import numpy as np
import pytest
from curation.pictures import scene

from neuropose_ray.curation import FrameObserver, MetricRegistry, join_chunks
from neuropose_ray.errors import SettingsError
from neuropose_ray.schemas.typed_columns import Column


class EntropyMetric:
    """A measure of quality that needs no reference, as a user would add it."""

    name = "entropy"
    version = 3
    columns = MappingProxyType({"entropy": Column(type="float32", unit="bits", description="of the levels")})

    def observe(self, context):
        shares = np.bincount(context.luma.ravel(), minlength=256) / context.luma.size
        return {"entropy": float(-(shares[shares > 0] * np.log2(shares[shares > 0])).sum())}


class FlickerMetric:
    """A measure of two frames."""

    name = "flicker"
    version = 1
    columns = MappingProxyType({"flicker": Column(type="float32")})

    def compare(self, previous, current):
        return {"flicker": abs(float(previous.mean()) - float(current.mean()))}


def test_the_default_measures_what_curation_needs():
    registry = MetricRegistry.default()
    assert registry.versions == {"blur": 1, "exposure": 1, "perceptual_hash": 1, "motion": 1}
    assert {"blur", "luma_mean", "phash", "thumb", "motion"} <= registry.columns.keys()
    assert registry.named("blur").name == "blur"


def test_a_metric_of_ones_own_has_its_column_and_its_version():
    registry = MetricRegistry.default().with_frame_metric(EntropyMetric()).with_pair_metric(FlickerMetric())
    observer = FrameObserver(registry)
    for frame in range(3):
        observer.observe(scene(frame), frame, frame / 30)
    table = observer.table()
    assert registry.versions["entropy"] == 3
    assert all(5 < value < 8 for value in table.column("entropy").to_pylist())
    joined = join_chunks([table, table], registry)
    first, *others = joined.column("flicker").to_pylist()
    assert first is None
    assert None not in others


def test_a_name_or_a_column_that_is_taken_is_refused():
    registry = MetricRegistry.default().with_frame_metric(EntropyMetric())
    with pytest.raises(SettingsError, match="entropy"):
        registry.with_frame_metric(EntropyMetric())

    class Thief(EntropyMetric):
        name = "thief"
        columns = MappingProxyType({"flags": Column(type="float32")})

    with pytest.raises(SettingsError, match="thief: the metric's column 'flags' is taken"):
        registry.with_frame_metric(Thief())


def test_an_unknown_metric_names_the_known_ones():
    with pytest.raises(SettingsError, match="there are blur, exposure"):
        MetricRegistry.default().named("sharpness")
