"""The contact sheet of a run of curation: one HTML page of the worst frames, near-duplicates and idle stretches.

Everything is in the page, so that it opens in any browser without a network and can be passed on. The pictures are
those of the videos, decoded at the few frames that are shown.
"""

from __future__ import annotations

import math
from base64 import b64encode
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from html import escape
from pathlib import Path
from typing import Any

from neuropose_ray.errors import InputNotFoundError, NeuroposeRayError
from neuropose_ray.schemas.arrow_files import read_arrow
from neuropose_ray.schemas.atomic import atomic_write_bytes
from neuropose_ray.schemas.frame_table import FRAMES_FILE, IDLE_FILE, FrameFlag, read_frames, read_idle
from neuropose_ray.schemas.poses import Frame
from neuropose_ray.schemas.result_files import SHEET_FILE
from neuropose_ray.video import Chunk, ChunkDecoder, VideoInfo, VideoSource, probe
from neuropose_ray.words import counted

#: How many are shown: frames of a flag, groups, frames of a group, idle intervals.
_FRAMES, _GROUPS, _MEMBERS, _INTERVALS = 12, 12, 6, 12
_WIDTH = 240
_QUALITY = 80
#: Seconds by which the range of a single frame is wider than its time.
_MARGIN_S = 1e-6

#: By which column the worst frames of a flag come first, and whether low values are the worst.
_ORDER: dict[FrameFlag, tuple[str, bool]] = {
    FrameFlag.BLURRED: ("blur", True),
    FrameFlag.DARK: ("luma_mean", True),
    FrameFlag.BRIGHT: ("luma_mean", False),
    FrameFlag.CLIPPED: ("clipped_high", False),
    FrameFlag.LOW_POSE_QUALITY: ("pose_quality", True),
}
#: What has a section of its own, or no picture that would show it.
_ELSEWHERE = (FrameFlag.DUPLICATE, FrameFlag.IDLE)

FindVideo = Callable[[Path], VideoSource]


def write_contact_sheet(out: Path, find_video: FindVideo) -> Path:
    """Write ``contact_sheet.html`` into a run's folder.

    Args:
        out: the run's folder.
        find_video: finds the video of the folder of one stream; a stream whose video is gone is shown without
            pictures.

    Raises:
        InputNotFoundError: no stream of the folder was curated.
        OutputError: no space or no permission.
    """
    folders = sorted(path.parent for path in out.glob(f"*/{FRAMES_FILE}"))
    if not folders:
        hint = "`neuropose-ray curate run` makes it"
        raise InputNotFoundError(f"no stream has a {FRAMES_FILE}", where=str(out), hint=hint)
    groups = _largest_groups(folders)
    sections = [_stream(folder, find_video, groups) for folder in folders]
    sections += [_group_section(groups)] if groups else []
    page = _PAGE.format(title=escape(f"Frames of {out.resolve().name}"), style=_STYLE, sections="\n".join(sections))
    path = out / SHEET_FILE
    atomic_write_bytes(path, page.encode("utf-8", "replace"))
    return path


@dataclass(frozen=True, slots=True)
class _Shown:
    """A frame with what stands below it."""

    row: int
    caption: str


@dataclass(slots=True)
class _Group:
    """Near-duplicates of any streams, the representative first.

    Attributes:
        group_id: of the group.
        frames: how many there are.
        members: folder and row of those that are shown.
        figures: of these, by folder and row, as their streams are looked at.
    """

    group_id: str
    frames: int
    members: list[tuple[Path, int]]
    figures: dict[tuple[Path, int], str] = field(default_factory=dict)


def _largest_groups(folders: Sequence[Path]) -> list[_Group]:
    """The groups with the most frames over all streams."""
    members: dict[str, list[tuple[bool, Path, int]]] = {}
    for folder in folders:
        with suppress(NeuroposeRayError):  # the stream's own section says what is wrong with it
            table = read_arrow(folder / FRAMES_FILE, ["duplicate_group_id", "representative"])
            group_ids, leads = (table[name].to_pylist() for name in ("duplicate_group_id", "representative"))
            for row, group_id in enumerate(group_ids):
                if group_id is not None:
                    members.setdefault(group_id, []).append((not leads[row], folder, row))
    largest = sorted(members.items(), key=lambda item: (-len(item[1]), item[0]))[:_GROUPS]
    return [
        _Group(group_id, len(frames), [(folder, row) for _, folder, row in sorted(frames)[:_MEMBERS]])
        for group_id, frames in largest
    ]


def _group_section(groups: Sequence[_Group]) -> str:
    """All groups that are shown, each below its representative."""
    parts = []
    for group in groups:
        streams = {folder for folder, _ in group.members}
        title = f"{_count(group.frames, 'frame')} alike" + (
            f", of {len(streams)} streams" if len(streams) > 1 else ""
        )
        figures = "".join(group.figures.get(member, "") for member in group.members)
        more = f"<p>and {group.frames - len(group.members)} more</p>" if group.frames > len(group.members) else ""
        parts.append(f"<h3 id='{escape(group.group_id)}'>{title}</h3><div class='row'>{figures}</div>{more}")
    return f"<section><h2>near-duplicates</h2>{''.join(parts)}</section>"


def _stream(folder: Path, find_video: FindVideo, groups: Sequence[_Group]) -> str:
    """The section of one stream; the figures of its frames in groups go to these."""
    try:
        table, _ = read_frames(folder / FRAMES_FILE)
        rows = table.drop_columns(["thumb"] if "thumb" in table.column_names else []).to_pylist()
        intervals = read_idle(folder / IDLE_FILE).to_pylist() if (folder / IDLE_FILE).exists() else []
    except NeuroposeRayError as error:
        return f"<section><h2>{escape(folder.name)}</h2><p>{escape(str(error))}</p></section>"
    parts = [*_flag_parts(rows), *_idle_parts(intervals)]
    alike = [(group, row) for group in groups for member, row in group.members if member == folder]
    wanted = sorted({shown.row for _, frames in parts for shown in frames} | {row for _, row in alike})
    note, pictures = "", {}
    try:
        pictures = _pictures(probe(find_video(folder)), rows, wanted)
    except NeuroposeRayError as error:
        note = f"<p class='note'>without pictures: {escape(str(error))}</p>"
    body = "\n".join(
        f"<h3>{escape(title)}</h3><div class='row'>{''.join(_figure(shown, pictures) for shown in frames)}</div>"
        for title, frames in parts
    )
    for group, row in alike:
        leads = "representative, " if group.members[0] == (folder, row) else ""
        caption = f"{leads}{folder.name}: {_caption(rows[row], 'duplicate_confidence')}"
        group.figures[folder, row] = _figure(_Shown(row, caption), pictures)
    duplicates = sum(row["duplicate_group_id"] is not None for row in rows)
    body += f"<p>{_count(duplicates, 'frame')} with near-duplicates, see below</p>" if duplicates else ""
    nothing = "" if parts or duplicates else "<p>nothing was found</p>"
    return (
        f"<section><h2>{escape(folder.name)}</h2><p>{counted(len(rows), 'frame')}</p>{note}{nothing}{body}</section>"
    )


def _flag_parts(rows: Sequence[dict[str, Any]]) -> Iterator[tuple[str, list[_Shown]]]:
    """The worst frames of every flag."""
    for flag in FrameFlag:
        flagged = [row for row, values in enumerate(rows) if flag.value in values["flags"]]
        if flag in _ELSEWHERE or not flagged:
            continue
        column, lowest_first = _ORDER.get(flag, ("", True))
        if column in rows[0]:
            flagged.sort(key=lambda row: _rank(rows[row][column], lowest_first=lowest_first))
        shown = [_Shown(row, _caption(rows[row], column)) for row in flagged[:_FRAMES]]
        yield f"{flag.value.replace('_', ' ')}: {_count(len(flagged), 'frame')}", shown


def _rank(value: float | None, *, lowest_first: bool) -> float:
    if value is None:
        return math.inf
    return value if lowest_first else -value


def _idle_parts(intervals: Sequence[dict[str, Any]]) -> Iterator[tuple[str, list[_Shown]]]:
    """The longest idle intervals, each with its first and last frame."""
    longest = sorted(intervals, key=lambda interval: interval["start_s"] - interval["end_s"])[:_INTERVALS]
    for interval in sorted(longest, key=lambda interval: interval["start_idx"]):
        start, end = interval["start_idx"], interval["end_idx"]
        title = (
            f"idle from {interval['start_s']:.1f} s to {interval['end_s']:.1f} s: {_count(end - start + 1, 'frame')}"
        )
        yield title, [_Shown(start, f"frame {start}"), _Shown(end, f"frame {end}")]


def _caption(values: dict[str, Any], column: str) -> str:
    name = values["path"] or f"frame {values['frame_idx']}"
    words = [f"{name}, {values['timestamp_s']:.2f} s"]
    if column and values.get(column) is not None:
        words.append(f"{column.replace('_', ' ')} {values[column]:.3g}")
    if values["error"]:
        words.append(values["error"])
    return ", ".join(words)


def _pictures(info: VideoInfo, rows: Sequence[dict[str, Any]], wanted: Sequence[int]) -> dict[int, str]:
    """Small JPEGs, as data URIs, of those frames that can be read."""
    pictures = {}
    for row in wanted:
        time_s = rows[row]["timestamp_s"]
        chunk = Chunk(0, time_s - _MARGIN_S, time_s + _MARGIN_S, min(row, info.frame_count - 1), 1)
        frame = next(ChunkDecoder(info, chunk).frames(), None)
        if frame is not None:
            pictures[row] = _jpeg(frame.image)
    return pictures


def _jpeg(image: Frame) -> str:
    import cv2

    height, width = image.shape[:2]
    size = (_WIDTH, max(1, round(height * _WIDTH / width)))
    small = cv2.resize(image, size, interpolation=cv2.INTER_AREA) if width > _WIDTH else image
    content = cv2.imencode(".jpg", small[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, _QUALITY])[1].tobytes()
    return f"data:image/jpeg;base64,{b64encode(content).decode('ascii')}"


def _figure(shown: _Shown, pictures: dict[int, str]) -> str:
    caption = escape(shown.caption)
    picture = pictures.get(shown.row)
    image = (
        f"<img src='{picture}' alt='{caption}' loading='lazy'>" if picture else "<div class='none'>no picture</div>"
    )
    return f"<figure>{image}<figcaption>{caption}</figcaption></figure>"


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


_STYLE = """
:root { color-scheme: light dark; font: 15px/1.4 system-ui, sans-serif; }
body { margin: 2rem auto; max-width: 84rem; padding: 0 1rem; }
section { border-top: 1px solid #8886; padding-top: .5rem; }
h3 { font-size: 1rem; margin: 1.2rem 0 .4rem; }
.row { display: flex; flex-wrap: wrap; gap: .6rem; }
figure { margin: 0; width: 240px; }
img { max-width: 100%; display: block; border-radius: 4px; }
.none { height: 8rem; display: grid; place-items: center; border: 1px dashed #8888; border-radius: 4px; }
figcaption { font-size: .8rem; opacity: .8; overflow-wrap: anywhere; }
.note { color: #b60; }
"""
_PAGE = """<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>{title}</title>
<style>{style}</style></head>
<body><h1>{title}</h1>
{sections}
</body></html>
"""
