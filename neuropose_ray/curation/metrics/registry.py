"""The metrics that are measured, by name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

from neuropose_ray.curation.metrics.blur import BlurMetric
from neuropose_ray.curation.metrics.exposure import ExposureMetric
from neuropose_ray.curation.metrics.hashing import HashMetric
from neuropose_ray.curation.metrics.motion import MotionMetric
from neuropose_ray.curation.metrics.protocol import FrameMetric, Metric, PairMetric
from neuropose_ray.curation.settings import CurationSettings
from neuropose_ray.errors import SettingsError
from neuropose_ray.schemas.frame_table import CATALOGUE_COLUMNS, DERIVED_COLUMNS
from neuropose_ray.schemas.typed_columns import Column, arrow_type


@dataclass(frozen=True)
class MetricRegistry:
    """Metrics in the order of their columns. Registering another gives another registry.

    Attributes:
        frame_metrics: those of every frame by itself.
        pair_metrics: those of neighbouring frames.
    """

    frame_metrics: tuple[FrameMetric, ...] = ()
    pair_metrics: tuple[PairMetric, ...] = ()

    @classmethod
    def default(cls, settings: CurationSettings = CurationSettings()) -> MetricRegistry:
        """Blur, exposure, perceptual hash and motion, measured as settings say."""
        return cls((BlurMetric(settings.blur.analysis_size), ExposureMetric(), HashMetric()), (MotionMetric(),))

    def with_frame_metric(self, metric: FrameMetric) -> MetricRegistry:
        """A registry that measures this one too.

        Raises:
            SettingsError: its name or one of its columns is taken.
        """
        self._require_free(metric)
        return replace(self, frame_metrics=(*self.frame_metrics, metric))

    def with_pair_metric(self, metric: PairMetric) -> MetricRegistry:
        """A registry that measures this one of neighbouring frames too.

        Raises:
            SettingsError: its name or one of its columns is taken.
        """
        self._require_free(metric)
        return replace(self, pair_metrics=(*self.pair_metrics, metric))

    @property
    def metrics(self) -> tuple[Metric, ...]:
        """All of them."""
        return (*self.frame_metrics, *self.pair_metrics)

    @property
    def versions(self) -> Mapping[str, int]:
        """The version of each by its name; with the analysis size all that decides about a frame's numbers."""
        return MappingProxyType({metric.name: metric.version for metric in self.metrics})

    @property
    def columns(self) -> Mapping[str, Column]:
        """The columns of all, in their order."""
        return MappingProxyType({name: column for metric in self.metrics for name, column in metric.columns.items()})

    def named(self, name: str) -> Metric:
        """The metric of a name.

        Raises:
            SettingsError: there is none.
        """
        for metric in self.metrics:
            if metric.name == name:
                return metric
        known = ", ".join(metric.name for metric in self.metrics)
        raise SettingsError("there is no such metric", where=name, hint=f"there are {known}")

    def _require_free(self, metric: Metric) -> None:
        taken = {*self.columns, *CATALOGUE_COLUMNS, *DERIVED_COLUMNS}.intersection(metric.columns)
        if metric.name in self.versions or taken:
            what = (
                f"the metric's column {min(taken)!r} is taken" if taken else "there is a metric of this name already"
            )
            raise SettingsError(what, where=metric.name, hint="choose another name")
        for column in metric.columns.values():
            arrow_type(column.type)
