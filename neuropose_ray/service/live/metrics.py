"""What live streams tell Prometheus."""

from __future__ import annotations

from neuropose_ray.schemas.live_messages import StreamReport
from neuropose_ray.schemas.metric import Metric

_OF_STREAM = ("stream",)
FRAMES = Metric("neuropose_live_frames", "counter", "Frames of live streams whose people were published.", _OF_STREAM)
LATE = Metric("neuropose_live_late", "counter", "Frames that were left out: the pose model was too busy.", _OF_STREAM)
SOURCE_FPS = Metric("neuropose_live_source_fps", "gauge", "Frames per second that come from a source.", _OF_STREAM)
POSE_FPS = Metric("neuropose_live_pose_fps", "gauge", "Frames per second in which people were sought.", _OF_STREAM)
LATENCY_P95 = Metric(
    "neuropose_live_latency_p95_seconds",
    "gauge",
    "From a frame's arrival to its message, 95 %.",
    _OF_STREAM,
)
PERSONS = Metric("neuropose_live_persons", "gauge", "People who are seen now.", _OF_STREAM)
SUBSCRIBERS = Metric("neuropose_live_subscribers", "gauge", "Clients of a stream.", _OF_STREAM)
RECONNECTS = Metric("neuropose_live_reconnects", "gauge", "Attempts to connect again to a source.", _OF_STREAM)
ACTIVE = Metric("neuropose_live_active", "gauge", "1 while frames come from a source, else 0.", _OF_STREAM)

LIVE_METRICS = (
    FRAMES, LATE, SOURCE_FPS, POSE_FPS, LATENCY_P95, PERSONS, SUBSCRIBERS, RECONNECTS, ACTIVE
)  # fmt: skip


class RayStreamMeter:
    """Counts through Ray; made once in a process.

    Args:
        stream: the source's URL without credentials.
    """

    def __init__(self, stream: str) -> None:
        from ray.util.metrics import Counter, Gauge

        kinds = {"counter": Counter, "gauge": Gauge}
        self._tags = {"stream": stream}
        self._metrics = {
            metric.name: kinds[metric.kind](metric.name, metric.description, metric.tags) for metric in LIVE_METRICS
        }

    def shown(self) -> None:
        """Count a frame whose people were published."""
        self._metrics[FRAMES.name].inc(1, tags=self._tags)

    def late(self) -> None:
        """Count a frame that was left out."""
        self._metrics[LATE.name].inc(1, tags=self._tags)

    def report(self, report: StreamReport) -> None:
        """How the stream is now."""
        values = {
            SOURCE_FPS: report.source_fps,
            POSE_FPS: report.pose_fps,
            LATENCY_P95: (report.latency_ms.p95 or 0.0) / 1000,
            PERSONS: report.persons,
            SUBSCRIBERS: report.subscribers,
            RECONNECTS: report.reconnects,
            ACTIVE: float(report.state == "active"),
        }
        for metric, value in values.items():
            self._metrics[metric.name].set(value, tags=self._tags)
