"""A picture of each frame: its people in the image, and beside it in space, as NeuroPose's ``visualize`` has it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from math import inf
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from neuropose_ray.errors import MissingFileError, SettingsError
from neuropose_ray.render import colours
from neuropose_ray.render.plots import style
from neuropose_ray.render.plots.style import save_plot
from neuropose_ray.render.sides import Side, edge_sides
from neuropose_ray.schemas.frame_names import frame_name
from neuropose_ray.schemas.poses import Frame, PoseTable
from neuropose_ray.schemas.predictions import VideoPredictions
from neuropose_ray.video import Chunk, VideoInfo, decode_chunk, open_source, probe

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

ViewName = Literal["normal", "depth"]
#: Elevation and azimuth in degrees: from behind the camera, and from the side, where the depth runs across.
_DIRECTIONS: Mapping[str, tuple[float, float]] = MappingProxyType({"normal": (10, -75), "depth": (10, -5)})
_INCHES = (10, 5.2)
#: Half a side of the space that is shown where nobody is seen, mm.
_USUAL_REACH_MM = 1500.0


class PictureError(SettingsError, ValueError):
    """What is asked of the pictures is not to be had; a ValueError for NeuroPose's callers."""


@dataclass(frozen=True, slots=True)
class _Scene:
    """What all pictures of a video have in common.

    Attributes:
        table: the video's poses.
        edges: pairs of joints, with the side of each.
        middle: of the space that is shown, ``(3,)`` mm: x, depth, height.
        reach: half its side, mm.
        view: elevation and azimuth, degrees.
    """

    table: PoseTable
    edges: tuple[tuple[tuple[int, int], Side], ...]
    middle: NDArray[np.float64]
    reach: float
    view: tuple[float, float]


def visualize_predictions(
    video_path: str | Path,
    predictions: VideoPredictions,
    output_dir: str | Path,
    *,
    view: ViewName = "normal",
    joint_edges: Sequence[tuple[int, int]] | None = None,
    frame_indices: Iterable[int] | None = None,
) -> list[Path]:
    """Write a PNG of each frame: left the image with boxes and 2D joints, right the people in space.

    Args:
        video_path: the video that the predictions are of.
        predictions: with the poses that the pose model gave, which are shown.
        output_dir: gets ``frame_000000.png``, ...; it is made if it is not there.
        view: how the space is seen: as the camera does (``normal``), or from the side (``depth``).
        joint_edges: pairs of joints to connect; None for the skeleton's own.
        frame_indices: which frames, in any order; those that the video does not have are left out. None for all.

    Returns:
        The files, in the frames' order.

    Raises:
        PictureError: (a ValueError) an unknown view, or an edge to a joint that there is not.
        MissingFileError: (a FileNotFoundError) there is no such video.
        VideoError: it cannot be opened.
        OutputError: the file system refuses.
    """
    if view not in _DIRECTIONS:
        raise PictureError(f"view must be one of {', '.join(_DIRECTIONS)}, not {view!r}")
    if not Path(video_path).exists():
        raise MissingFileError("there is no such file", where=str(video_path), hint="check the path")
    every = range(len(predictions))
    frames = list(every) if frame_indices is None else sorted(set(frame_indices) & set(every))
    scene = _scene(predictions, frames, joint_edges, view)
    written = []
    for index, image in _images(probe(open_source(Path(video_path))), frames):
        path = Path(output_dir) / f"{frame_name(index)}.png"
        save_plot(path, partial(_draw, scene=scene, index=index, image=image))
        written.append(path)
    return written


def _scene(
    predictions: VideoPredictions, frames: list[int], joint_edges: Sequence[tuple[int, int]] | None, view: ViewName
) -> _Scene:
    table, skeleton = predictions.to_table(), predictions.skeleton
    sides = dict(zip(skeleton.edges, edge_sides(skeleton), strict=True))
    edges = skeleton.edges if joint_edges is None else [(int(start), int(end)) for start, end in joint_edges]
    beyond = [edge for edge in edges if not 0 <= min(edge) <= max(edge) < len(skeleton)]
    if beyond:
        raise PictureError(f"joint_edges: {beyond[0]} is out of range; there are {len(skeleton)} joints, from 0")
    points = _upright(table.poses.poses3d[np.isin(table.poses.frame, frames)]).reshape(-1, 3)
    points = points[np.isfinite(points).all(axis=1)]
    if not len(points):
        points = np.array([[-_USUAL_REACH_MM] * 3, [_USUAL_REACH_MM] * 3])
    low, high = points.min(axis=0), points.max(axis=0)
    with_sides = tuple((edge, sides.get(edge, Side.MIDDLE)) for edge in edges)
    return _Scene(table, with_sides, (low + high) / 2, max(float((high - low).max()) / 2, 1.0), _DIRECTIONS[view])


def _images(info: VideoInfo, frames: list[int]) -> Iterator[tuple[int, Frame]]:
    """The wanted frames' pictures, RGB."""
    wanted = set(frames)
    if not wanted:
        return
    for index, decoded in enumerate(decode_chunk(info, Chunk(0, -inf, inf, 0, info.frame_count))):
        if index in wanted:
            yield index, decoded.image
        if index == frames[-1]:
            return


def _upright(poses3d: NDArray[np.floating]) -> NDArray[np.float64]:
    """Camera axes (x right, y down, z away) as x, depth, height."""
    return np.stack([poses3d[..., 0], poses3d[..., 2], -poses3d[..., 1]], axis=-1).astype(np.float64)


def _draw(figure: Figure, *, scene: _Scene, index: int, image: Frame) -> None:
    rows = np.flatnonzero(scene.table.poses.frame == index)
    figure.set_size_inches(*_INCHES)
    figure.suptitle(f"frame {index}")
    _draw_image(figure.add_subplot(1, 2, 1), scene, rows, image)
    _draw_space(figure.add_subplot(1, 2, 2, projection="3d"), scene, rows)


def _draw_image(axes: Axes, scene: _Scene, rows: NDArray[np.intp], image: Frame) -> None:
    from matplotlib.patches import Rectangle

    axes.imshow(image)
    axes.set_axis_off()
    for box, pose in zip(scene.table.poses.boxes[rows], scene.table.poses.poses2d[rows], strict=True):
        left, top, width, height = box[:4].tolist()
        axes.add_patch(Rectangle((left, top), width, height, fill=False, edgecolor="white"))
        for edge, side in scene.edges:
            axes.plot(*pose[list(edge)].T, color=[value / 255 for value in colours.SIDE_COLOURS[side]])
        axes.scatter(pose[:, 0], pose[:, 1], s=6, color="white", edgecolors="black", linewidths=0.5, zorder=3)


def _draw_space(axes: Any, scene: _Scene, rows: NDArray[np.intp]) -> None:
    for pose in _upright(scene.table.poses.poses3d[rows]):
        for edge, side in scene.edges:
            axes.plot(*pose[list(edge)].T, color=style.SIDE_COLOURS[side])
        axes.scatter(*pose.T, s=6, color="black")
    low, high = scene.middle - scene.reach, scene.middle + scene.reach
    axes.set(xlim=(low[0], high[0]), ylim=(low[1], high[1]), zlim=(low[2], high[2]))
    axes.set(xlabel="x (mm)", ylabel="z, away (mm)", zlabel="height, -y (mm)")
    axes.set_box_aspect((1, 1, 1))
    axes.locator_params(nbins=5)
    axes.view_init(*scene.view)
