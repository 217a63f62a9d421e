"""A copy of a video with the poses drawn into it, and faces hidden if wanted."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from neuropose_ray.errors import InputError, OutputError
from neuropose_ray.render.colours import BLACK, track_colour
from neuropose_ray.render.drawing import SkeletonStyle, draw_box, draw_label, draw_skeleton, person_size
from neuropose_ray.render.faces import hide_heads
from neuropose_ray.render.heads import Heads, find_heads
from neuropose_ray.render.settings import OverlaySettings
from neuropose_ray.schemas.header import PredictionsHeader
from neuropose_ray.schemas.parquet_files import read_predictions
from neuropose_ray.schemas.poses import Frame, PoseTable
from neuropose_ray.video.ahead import ahead
from neuropose_ray.video.decode import decode_chunk
from neuropose_ray.video.probe import probe
from neuropose_ray.video.settings import WriterSettings
from neuropose_ray.video.types import Chunk, DecodedFrame, VideoInfo, VideoSource
from neuropose_ray.video.write import VideoWriter

#: Told of frames done and frames in all.
Progress = Callable[[int, int], None]

# Times of a frame that differ by less are the same one: far below the distance of frames, far above rounding.
_SAME_TIME_S = 1e-4


def render_overlay(
    source: VideoSource, predictions: Path, out: Path, *, settings: OverlaySettings, progress: Progress
) -> int:
    """Write a video's overlay as H.264 with the video's own times; sound is left out.

    It shows the frames that the predictions know and no others, so that no frame passes that nobody looked at for
    faces. Frames that cannot be decoded again are left out. Pictures are worked one by one, whatever the length.

    Args:
        source: the video that the predictions were made from.
        predictions: its predictions.parquet.
        out: the MP4 to be made or replaced.
        settings: what is shown and hidden.
        progress: told of every frame.

    Returns:
        How many frames were written.

    Raises:
        InputError: video or predictions are not there, cannot be read, or do not belong together; or faces cannot be
            hidden, since the skeleton has no head.
        OutputError: no space, no permission, or ``out`` is one of the inputs.
    """
    table, header = read_predictions(predictions)
    info = probe(source)
    _require_same_video(info, table, header)
    if out.resolve() in (source.path.resolve(), predictions.resolve()):
        raise OutputError("the overlay would replace what it is made from", where=str(out), hint="write elsewhere")
    painter = Painter(table, header, settings)
    written = 0
    encoding = WriterSettings(threads=settings.encoder_threads)
    whole = Chunk(0, -np.inf, np.inf, 0, info.frame_count)
    with (
        VideoWriter(out, width=info.width, height=info.height, settings=encoding) as writer,
        closing(ahead(decode_chunk(info, whole))) as decoded,
    ):
        for index, frame in matched(decoded, table.timestamps_s):
            painter.paint(frame.image, index)
            writer.write(frame.image, frame.timestamp_s)
            written += 1
            progress(written, table.frame_count)
    return written


def matched(decoded: Iterable[DecodedFrame], times_s: NDArray[np.float64]) -> Iterator[tuple[int, DecodedFrame]]:
    """The frames that have one of these times, in order, with the position of it; every position comes once at most.

    Args:
        decoded: frames with ascending times.
        times_s: ``(n,)`` seconds, ascending.
    """
    position = 0
    for frame in decoded:
        while position < len(times_s) and times_s[position] < frame.timestamp_s - _SAME_TIME_S:
            position += 1
        if position < len(times_s) and times_s[position] <= frame.timestamp_s + _SAME_TIME_S:
            yield position, frame
            position += 1


class Painter:
    """Draws what is known of a frame into it."""

    def __init__(self, table: PoseTable, header: PredictionsHeader, settings: OverlaySettings) -> None:
        """Find the heads, if they are to be hidden.

        Raises:
            InputError: faces cannot be hidden, since the skeleton has no head.
        """
        self._table, self._settings = table, settings
        self._style = SkeletonStyle.of(header.skeleton)
        self._heads: Heads | None = None
        if settings.blur_faces:
            self._heads = find_heads(
                table, header.skeleton, hold_s=settings.hold_s, person_score=settings.person_score
            )

    def paint(self, image: Frame, frame: int) -> None:
        """Hide the faces, then draw the people, their ids and the time, in place."""
        if self._heads is not None:
            hide_heads(image, self._heads, frame)
        rows = range(*np.searchsorted(self._table.poses.frame, [frame, frame + 1]))
        for row in rows:
            self._paint_person(image, row)
        for row in rows:  # labels last: no other person's bones cross them
            self._paint_label(image, row)
        text = f"frame {frame}   {self._table.timestamps_s[frame]:.3f} s"
        draw_label(image, text, (0, 0), BLACK)

    def _paint_person(self, image: Frame, row: int) -> None:
        poses = self._table.poses
        # A model without scores of joints vouches for all of them.
        sure = ~(poses.joint_scores[row] < self._settings.joint_score)
        if self._settings.boxes:
            draw_box(image, poses.boxes[row], self._colour(row))
        draw_skeleton(image, poses.poses2d[row], sure, person_size(image, poses.boxes[row]), self._style)

    def _paint_label(self, image: Frame, row: int) -> None:
        if self._table.track_ids is None:
            return
        left, top, width = self._table.poses.boxes[row, :3].tolist()
        if np.isfinite([left, top, width]).all():
            draw_label(image, f"id {self._table.track_ids[row]}", (left + width / 2, top), self._colour(row))

    def _colour(self, row: int) -> tuple[int, int, int]:
        return BLACK if self._table.track_ids is None else track_colour(int(self._table.track_ids[row]))


def _require_same_video(info: VideoInfo, table: PoseTable, header: PredictionsHeader) -> None:
    """Refuse another video than that of the predictions: its people, and faces, would be elsewhere."""
    where, metadata = str(info.source.path), header.metadata
    known_digest = header.provenance and header.provenance.video_sha256
    if (known_digest or info.sha256) != info.sha256 or (info.width, info.height) != (metadata.width, metadata.height):
        name = f" ({metadata.filename})" if metadata.filename else ""
        raise InputError(
            f"this is not the video that the predictions were made from{name}", where=where, hint="give that one"
        )
    places = np.searchsorted(info.timestamps_s, table.timestamps_s - _SAME_TIME_S)
    nearest = info.timestamps_s[np.minimum(places, info.frame_count - 1)]
    if not table.frame_count or (np.abs(nearest - table.timestamps_s) > _SAME_TIME_S).any():
        raise InputError(
            "its frames have other times than those of the predictions",
            where=where,
            hint="give --fps as it was given to process" if info.source.kind == "images" else "process it again",
        )
