"""How many frames a container's header promises beyond those that the file holds."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from neuropose_ray.video.container import open_container
from neuropose_ray.video.timeline import Timeline

if TYPE_CHECKING:
    from av.container import InputContainer
    from av.video.stream import VideoStream

# A duration alone is rounded, and covers the sound as well: what it is short of by less than this is no loss.
_DURATION_TOLERANCE_S = 0.5
_MICROSECONDS = 1e6
_ROUNDING = 1e-6


def count_lost_frames(
    container: InputContainer,
    stream: VideoStream,
    timeline: Timeline,
    ticks: NDArray[np.int64],
    packets: int,
    last_tick: int,
    *,
    field_coded: bool,
) -> int:
    """Frames that a file would have if it were whole, less those that it has; 0 where the header promises nothing.

    Args:
        container: read to its end.
        stream: its picture stream.
        timeline: of the stream.
        ticks: ``(frames,)`` presentation times of the frames that are shown, at least one.
        packets: all packets of the stream, also those that are not shown.
        last_tick: the last presentation time of a packet, also of one that completes another's picture.
        field_coded: whether pictures have a packet for each field.
    """
    rate = float(timeline.rate)
    tick_s = float(timeline.time_base)
    # The demuxer shortens an AVI's duration to what the file holds, but keeps its number of ticks; some of them have
    # no packet since they repeat the frame before.
    if container.format.name == "avi":
        lost_ticks = max(0, stream.frames - 1 - last_tick)
        if field_coded:  # a chunk for each field, and the header's rate may be that of either
            return round(lost_ticks * len(ticks) / (last_tick + 1))
        return math.floor(lost_ticks * tick_s * rate + _ROUNDING)
    by_count = max(0, stream.frames - packets)
    length_s = float(np.ptp(ticks)) * tick_s + 1 / rate
    if stream.duration is not None and stream.time_base is not None:
        by_duration = round((float(stream.duration * stream.time_base) - length_s) * rate)
        # An edit list can leave packets unread: only a stream that is also too short has lost them.
        return min(by_count, max(0, by_duration)) if stream.frames else _beyond_rounding(by_duration, rate)
    if container.duration is None:
        return 0
    # Without a duration of the stream's own, that of the container counts from 0 or from its first packet.
    end_s = max(length_s, float(ticks.max()) * tick_s + 1 / rate)
    lost = _beyond_rounding(round((container.duration / _MICROSECONDS - end_s) * rate), rate)
    if lost and len(container.streams) > 1:
        longest_s = _end_of_all_streams(Path(container.name.removeprefix("file:")))
        lost = _beyond_rounding(round((container.duration / _MICROSECONDS - max(end_s, longest_s)) * rate), rate)
    return lost


def _beyond_rounding(frames: int, rate: float) -> int:
    return frames if frames > _DURATION_TOLERANCE_S * rate else 0


def _end_of_all_streams(path: Path) -> float:
    """Where the last packet of any stream ends, in s: sound may go on after the pictures."""
    import av

    end_s = 0.0
    with open_container(path) as container:
        try:
            for packet in container.demux():
                if packet.pts is not None and packet.time_base is not None:
                    end_s = max(end_s, float((packet.pts + (packet.duration or 0)) * packet.time_base))
        except av.FFmpegError:  # damaged there: what was read is what counts
            pass
    return end_s
