"""What a stream counts: for reports, and for Prometheus."""

from __future__ import annotations

from collections import deque
from dataclasses import asdict, dataclass
from typing import Protocol

from neuropose_ray.schemas.live_messages import Latency, StreamReport
from neuropose_ray.service.live.stream_parts import StreamIdentity
from neuropose_ray.video.live import SourceStatus

#: The latest frames by which latencies are judged, and the seconds by which rates are.
_FRAMES, _RATE_S = 300, 5.0


class StreamMeter(Protocol):
    """The protocol of what shows a stream's figures to others."""

    def shown(self) -> None:
        """Count a frame whose people were published."""
        ...

    def late(self) -> None:
        """Count a frame that was left out."""
        ...

    def report(self, report: StreamReport) -> None:
        """How the stream is now."""
        ...


class NullMeter:
    """Shows nothing."""

    def shown(self) -> None:
        """Pass over a frame."""

    def late(self) -> None:
        """Pass over a frame."""

    def report(self, report: StreamReport) -> None:
        """Pass over a report."""


@dataclass(frozen=True, slots=True)
class Summary:
    """Figures of the latest frames."""

    pose_fps: float
    persons: int
    frames: int
    late: int
    latency_ms: Latency


class StreamFigures:
    """Counts the frames of one stream.

    Args:
        meter: shows the same to others.
    """

    def __init__(self, meter: StreamMeter | None = None) -> None:
        self._meter: StreamMeter = meter or NullMeter()
        self._shown_at: deque[float] = deque(maxlen=_FRAMES)
        self._latencies_s: deque[float] = deque(maxlen=_FRAMES)
        self._frames = self._late = self._persons = 0

    def shown(self, now: float, latency_s: float, persons: int) -> None:
        """Count a frame whose people were published."""
        self._shown_at.append(now)
        self._latencies_s.append(latency_s)
        self._frames, self._persons = self._frames + 1, persons
        self._meter.shown()

    def late(self) -> None:
        """Count a frame that was left out."""
        self._late += 1
        self._meter.late()

    def show(self, report: StreamReport) -> None:
        """Pass a report on to the meter."""
        self._meter.report(report)

    def summary(self, now: float) -> Summary:
        """The figures of the latest frames."""
        recent = [at for at in self._shown_at if now - at <= _RATE_S]
        rate = (len(recent) - 1) / (recent[-1] - recent[0]) if len(recent) > 1 and recent[-1] > recent[0] else 0.0
        ordered = sorted(self._latencies_s)
        return Summary(
            pose_fps=round(rate, 2),
            persons=self._persons if recent else 0,
            frames=self._frames,
            late=self._late,
            latency_ms=Latency(p50=_quantile_ms(ordered, 0.5), p95=_quantile_ms(ordered, 0.95)),
        )


def report_of(
    identity: StreamIdentity,
    status: SourceStatus,
    figures: Summary,
    *,
    since: float,
    subscribers: int,
    decisions_waiting: int,
) -> StreamReport:
    """How a stream is.

    Args:
        identity: its names.
        status: of its source.
        figures: of its latest frames.
        since: Unix seconds at which its state began.
        subscribers: its clients.
        decisions_waiting: that the hub has not taken yet.
    """
    return StreamReport(
        stream_id=identity.key,
        url=identity.url,
        state=status.state,
        since=since,
        ended=status.ended,
        width=status.width,
        height=status.height,
        source_fps=round(status.fps, 2),
        **asdict(figures),
        dropped=status.frames_dropped,
        epoch=status.epoch,
        reconnects=status.reconnects,
        subscribers=subscribers,
        decisions_waiting=decisions_waiting,
        clip_s=round(status.clip_s, 1),
        clip_limit=status.clip_limit,
        last_error=status.last_error,
    )


def _quantile_ms(ordered: list[float], share: float) -> float | None:
    return round(1000 * ordered[min(len(ordered) - 1, int(share * len(ordered)))], 1) if ordered else None
