"""Where joints are over time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from neuropose_ray.errors import InputError
from neuropose_ray.render.plots.panels import band_legend, draw_bands, draw_line, side_legend
from neuropose_ray.render.plots.style import PAGE_WIDTH, SIDE_COLOURS, SIDE_NAMES, with_unit
from neuropose_ray.render.records import Band, Floats
from neuropose_ray.render.sides import Side, joint_sides
from neuropose_ray.schemas.skeleton import Skeleton

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_AXES = (("x, to the right", 0), ("y, down", 1), ("z, away from the camera", 2))
_ROW_HEIGHT = 1.35
_WORDS = {Side.LEFT: ("left_", "_left"), Side.RIGHT: ("right_", "_right")}


def plot_trajectories(
    figure: Figure,
    title: str,
    timestamps_s: Floats,
    skeleton: Skeleton,
    positions: Floats,
    bands: Sequence[Band],
    joints: Sequence[str],
) -> None:
    """A row for each pair of joints, a column for each axis of the camera, left and right in one panel.

    Args:
        figure: empty.
        title: above all.
        timestamps_s: ``(frames,)``.
        skeleton: of the positions.
        positions: ``(frames, joints, 3)`` in mm, camera axes; NaN breaks a line.
        bands: of repetitions, else of gait events.
        joints: by their names, or by landmarks' ("left_knee").

    Raises:
        InputError: no joints are asked for, or the skeleton has not all of them.
    """
    unknown = [joint for joint in joints if not skeleton.has(joint)]
    if unknown or not joints:
        raise InputError(
            f"{skeleton.name} has no joint {', '.join(unknown)}" if unknown else "no joints to plot", where=title,
            hint=f"it has {', '.join(skeleton.joint_names)}",
        )  # fmt: skip
    sides = joint_sides(skeleton)
    rows: dict[str, list[int]] = {}
    for joint in joints:
        joint_index = skeleton.index(joint)
        rows.setdefault(_part(joint, sides[joint_index]), []).append(joint_index)
    figure.suptitle(title)
    figure.set_size_inches(PAGE_WIDTH, len(rows) * _ROW_HEIGHT + 0.9)
    grid = figure.subplots(len(rows), len(_AXES), sharex=True, squeeze=False)
    for row, (part, joint_indices) in enumerate(rows.items()):
        for column, (direction, axis) in enumerate(_AXES):
            axes = grid[row, column]
            for joint_index in joint_indices:
                values = np.asarray(positions[:, joint_index, axis], np.float64)
                draw_line(axes, timestamps_s, values, color=SIDE_COLOURS[sides[joint_index]])
            axes.margins(x=0, y=0.12)
            # As in the picture: what is lower is drawn lower.
            axes.yaxis.set_inverted(axis == 1)
            draw_bands(axes, bands, labelled=row == 0)
            if row == 0:
                axes.set_title(direction)
            if column == 0:
                axes.set_ylabel(with_unit(part, "mm"))
    for axes in grid[-1]:
        axes.set_xlabel("time (s)")
    shown = {
        sides[joint_index]: SIDE_NAMES[sides[joint_index]]
        for joint_indices in rows.values()
        for joint_index in joint_indices
    }
    side_legend(figure, shown, band_legend(bands))


def _part(joint: str, side: Side) -> str:
    """The joint's name without its side."""
    for word in _WORDS.get(side, ()):
        joint = joint.replace(word, "")
    return joint.replace("_", " ")
