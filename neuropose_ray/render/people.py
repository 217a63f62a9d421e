"""Who is who in a video: a picture with a row of thumbnails for each track."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from neuropose_ray.errors import InputError
from neuropose_ray.render.overlay.drawing import SkeletonStyle, depth_within, draw_skeleton
from neuropose_ray.render.overlay.labels import draw_label
from neuropose_ray.schemas.atomic import atomic_write_bytes
from neuropose_ray.schemas.poses import Frame, PoseTable
from neuropose_ray.schemas.skeleton import Skeleton
from neuropose_ray.video import Chunk, VideoInfo, VideoSource, decode_chunk, probe

#: Thumbnails of a track, spread over the time in which the person is seen.
THUMBNAILS = 5
#: Pixels of a thumbnail's side, and of the line above each row.
SIDE_PX, LINE_PX = 240, 34
#: A thumbnail shows so much more than the person's box, so that the surroundings are known again.
AROUND = 1.5
#: A picture of more rows would be too tall to look at.
MOST_ROWS = 40
_GROUND = (24, 24, 24)
_SURE_SCORE = 0.5


def write_people(path: Path, source: VideoSource, table: PoseTable, skeleton: Skeleton) -> list[str]:
    """Write the picture as PNG, atomically.

    Args:
        path: of the picture.
        source: the video that the poses are from.
        table: a whole video; without tracks a person is a place in each frame.
        skeleton: of the poses.

    Returns:
        The line of each track, who is seen longest first.

    Raises:
        InputError: nobody is seen, or the video cannot be opened.
        OutputError: the file system refuses.
    """
    import cv2

    people = table.persons_by_frames()
    if not people:
        raise InputError("nobody is seen in any frame", where=str(source.path), hint="look at the video")
    lines = [_line(table, person) for person in people]
    picture = people_picture(probe(source), table, skeleton, people[:MOST_ROWS], lines)
    _, content = cv2.imencode(".png", picture[..., ::-1])
    atomic_write_bytes(path, content.tobytes())
    return lines


def people_picture(
    info: VideoInfo, table: PoseTable, skeleton: Skeleton, people: list[int], lines: list[str]
) -> Frame:
    """A row of thumbnails for each person, with a line of text above it."""
    height = len(people) * (LINE_PX + SIDE_PX)
    picture = np.full((height, THUMBNAILS * SIDE_PX, 3), _GROUND, np.uint8)
    style = SkeletonStyle.of(skeleton)
    chosen = {person: _spread(table, person) for person in people}
    rows = np.unique(np.concatenate(list(chosen.values())))
    thumbnails = {
        row: _thumbnail(image, table, row, style)
        for frame, image in _frames(info, table.timestamps_s, np.unique(table.poses.frame[rows]))
        for row in rows[table.poses.frame[rows] == frame].tolist()
    }
    for place, (person, line) in enumerate(zip(people, lines, strict=False)):
        top = place * (LINE_PX + SIDE_PX)
        strip = picture[top : top + LINE_PX]
        draw_label(strip, line, (strip.shape[1] / 2, LINE_PX - 4), _GROUND, scale=20)
        for column, row in enumerate(chosen[person].tolist()):
            if row in thumbnails:
                left = column * SIDE_PX
                picture[top + LINE_PX : top + LINE_PX + SIDE_PX, left : left + SIDE_PX] = thumbnails[row]
    return picture


def _line(table: PoseTable, person: int) -> str:
    frames = table.poses.frame[table.rows_of_person(person)]
    times = table.timestamps_s[frames[[0, -1]]]
    kind = "person" if table.track_ids is None else "track"
    share = 100 * len(frames) / table.frame_count
    return f"{kind} {person}: seen in {share:.0f} % of the frames, {times[0]:.1f} to {times[1]:.1f} s"


def _spread(table: PoseTable, person: int) -> NDArray[np.int64]:
    """Rows of a person, spread over the time in which it is seen."""
    rows = table.rows_of_person(person)
    places = np.unique(np.linspace(0, len(rows) - 1, 2 * THUMBNAILS + 1).round().astype(int)[1::2])
    return np.asarray(rows[places], np.int64)


def _frames(info: VideoInfo, times: NDArray[np.float64], frames: NDArray[np.int64]) -> Iterator[tuple[int, Frame]]:
    for frame in frames.tolist():
        begin_s = float(times[frame])
        first = min(int(np.searchsorted(info.timestamps_s, begin_s)), info.frame_count - 1)
        chunk = Chunk(0, begin_s, float(np.nextafter(begin_s, np.inf)), first, 1)
        for decoded in decode_chunk(info, chunk):
            yield frame, decoded.image


def _thumbnail(image: Frame, table: PoseTable, row: int, style: SkeletonStyle) -> Frame:
    """A square around a person, with the skeleton."""
    import cv2

    poses = table.poses
    left, top, width, height = poses.boxes[row, :4].astype(float)
    side = max(AROUND * max(width, height), 8.0)
    scale = SIDE_PX / side
    origin = np.array([left + width / 2, top + height / 2]) - side / 2
    matrix = np.array([[scale, 0, -origin[0] * scale], [0, scale, -origin[1] * scale]])
    thumbnail: Frame = cv2.warpAffine(image, matrix, (SIDE_PX, SIDE_PX), flags=cv2.INTER_AREA, borderValue=_GROUND)
    pixels = (poses.poses2d[row].astype(float) - origin) * scale
    sure = poses.joint_scores[row] >= _SURE_SCORE
    draw_skeleton(thumbnail, pixels, depth_within(poses.poses3d[row].astype(float)), sure, height * scale, style)
    return thumbnail
