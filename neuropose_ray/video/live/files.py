"""Files as sources: at their own speed like a camera, or as fast as they are taken; and clips out of them."""

from __future__ import annotations

import time
from collections.abc import Generator, Iterator
from contextlib import closing
from math import inf
from pathlib import Path
from typing import TYPE_CHECKING

from neuropose_ray.errors import InputError, SourceError
from neuropose_ray.schemas.atomic import atomic_path
from neuropose_ray.schemas.poses import Frame
from neuropose_ray.video.container import DecodeErrors, open_container, picture_streams, read_packets
from neuropose_ray.video.decode import decode_chunk
from neuropose_ray.video.live.pictures import ConnectionEnded, Picture, SourceReport
from neuropose_ray.video.live.types import ClipInfo
from neuropose_ray.video.probe import probe
from neuropose_ray.video.reader import PictureReader
from neuropose_ray.video.sources import open_source
from neuropose_ray.video.types import Chunk, VideoInfo

if TYPE_CHECKING:
    from av.video.frame import VideoFrame


class FileSource:
    """The frames and times that a run of the pipeline has of the same file.

    Args:
        path: of the file.
        realtime: frames come at their times, counted from the first.
        report: takes note of pictures.
    """

    def __init__(self, path: Path, *, realtime: bool, report: SourceReport) -> None:
        self._path, self._realtime, self._report = path, realtime, report

    def pictures(self) -> Iterator[Picture]:
        """As in :class:`~neuropose_ray.video.live.pictures.PictureSource`; ``time_s`` is that of the file."""
        # Probing reads the file through, which takes as long as it takes.
        self._report.idle = True
        try:
            info = probe(open_source(self._path))
            self._report.idle = False
            with closing(_contents(info)) as contents:
                yield from self._paced(contents, (info.width, info.height))
        except InputError as error:
            raise ConnectionEnded(error.what, final=True) from None

    def _paced(
        self, contents: Iterator[tuple[float, VideoFrame | Frame]], size: tuple[int, int]
    ) -> Iterator[Picture]:
        began_s = asked = time.monotonic()
        for number, (time_s, content) in enumerate(contents):
            decode_s = time.monotonic() - asked
            if number == 0:
                began_s = time.monotonic() - time_s
            if self._realtime:
                self._report.wait_until(began_s + time_s)
            if self._report.closing.is_set():
                return
            self._report.packets += 1
            self._report.decoded(*size)
            yield Picture(content, size, number, time_s, time.time(), time_s, decode_s)
            asked = time.monotonic()


def _contents(info: VideoInfo) -> Generator[tuple[float, VideoFrame | Frame], None, None]:
    chunk = Chunk(0, -inf, inf, 0, info.frame_count)
    if info.source.kind == "images":
        for frame in decode_chunk(info, chunk):
            yield frame.timestamp_s, frame.image
    else:
        yield from PictureReader(info, chunk, keyframe=0, threads=1, wanted_from_s=-inf).pictures()


def clip_of_file(source: Path, begin_s: float, end_s: float, path: Path, *, end_at: float) -> ClipInfo:
    """Copy a stretch of a file, from the keyframe at or before its beginning, without encoding anew.

    Args:
        source: the file.
        begin_s: seconds from its start.
        end_s: seconds from its start.
        path: the clip, MP4.
        end_at: Unix seconds at which the frame at ``end_s`` was given.

    Raises:
        SourceError: nothing can be copied.
        OutputError: the clip cannot be written.
    """
    import av

    try:
        with (
            open_container(source) as container,
            atomic_path(path) as temporary,
            av.open(f"file:{temporary}", "w", format="mp4", container_options={"movflags": "+faststart"}) as clip,
        ):
            stream = picture_streams(container)[0]
            base, zero = float(stream.time_base or 1), stream.start_time or 0
            container.seek(zero + max(0, round(begin_s / base)), stream=stream)
            copy = clip.add_stream_from_template(stream)
            times: list[float] = []
            for packet in read_packets(container, stream, DecodeErrors()):
                if not packet.size or packet.dts is None or packet.pts is None:
                    continue
                if (packet.dts - zero) * base > end_s:
                    break
                # What lies before the start is in the file for decoding alone, and not shown.
                if packet.pts >= zero:
                    times.append((packet.pts - zero) * base)
                packet.stream = copy
                clip.mux_one(packet)
    except (av.FFmpegError, InputError, IndexError, ValueError) as error:
        what = f"no clip can be made of the file ({type(error).__name__})"
        raise SourceError(what, where=str(source), hint="submit the file itself as a job") from None
    if not times:
        raise SourceError("nothing of the file has been given yet", where=str(source), hint="take a frame first")
    return ClipInfo(path, end_at - (end_s - min(times)), max(times) - min(times), len(times), path.stat().st_size)
