"""Predictions for people: as a data frame, an array, a figure, and a summary in text and HTML."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from neuropose_ray.errors import printable
from neuropose_ray.schemas.header import VideoDescription
from neuropose_ray.schemas.poses import PoseTable
from neuropose_ray.schemas.skeleton import Skeleton

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# What most movements show themselves in, of both sides.
_FOLLOWED = ("hip", "knee", "ankle", "wrist")
# Blue and orange differ in every kind of colour vision (M. Okabe and K. Ito, "Color Universal Design", 2008).
_SIDE_COLOURS = {"left": "#0072B2", "right": "#E69F00"}
_MIDDLE_COLOUR = "#555555"
_LINE_STYLES = ("-", "--", "-.", ":")
_INCHES = (9.0, 6.0)


def table_to_pandas(table: PoseTable, skeleton: Skeleton) -> pd.DataFrame:
    """A row for each frame, person and joint; see ``VideoPredictions.to_pandas``."""
    import pandas as pd

    poses, joints = table.poses, len(skeleton)
    rows = np.repeat(np.arange(len(poses)), joints)
    columns: dict[str, object] = {
        "frame_index": poses.frame[rows],
        "timestamp_s": table.timestamps_s[poses.frame][rows],
        "person": table.positions_in_frame()[rows],
    }
    if table.track_ids is not None:
        columns["track_id"] = table.track_ids[rows]
    codes = np.tile(np.arange(joints), len(poses))
    columns["joint"] = pd.Categorical.from_codes(codes, categories=list(skeleton.joint_names))
    columns |= _coordinates(poses.poses2d, ("x_px", "y_px"))
    columns |= _coordinates(poses.poses3d, ("x_mm", "y_mm", "z_mm"))
    columns["score"] = poses.joint_scores.ravel()
    if table.poses3d_fitted is not None:
        columns |= _coordinates(table.poses3d_fitted, ("x_fitted_mm", "y_fitted_mm", "z_fitted_mm"))
    return pd.DataFrame(columns, copy=False)


def person_to_numpy(table: PoseTable, person: int | None, *, fitted: bool) -> NDArray[np.float64]:
    """``(frames, joints, 3)`` mm of one person; see ``VideoPredictions.to_numpy``."""
    poses = table.best_poses3d() if fitted else table.poses.poses3d
    return table.by_frame(poses, table.rows_of_person(person))


def plot_person(
    positions: NDArray[np.float64],
    skeleton: Skeleton,
    timestamps_s: NDArray[np.float64],
    frame: int | None,
    title: str,
) -> Figure:
    """Trajectories, or the skeleton of one frame; see ``VideoPredictions.plot``."""
    import matplotlib.pyplot as plt

    figure: Figure = plt.figure(figsize=_INCHES, layout="constrained")
    # The figure is given back: one that stays open would be shown twice in a notebook.
    plt.close(figure)
    figure.suptitle(title if frame is None else f"{title}, frame {frame}, {timestamps_s[frame]:.3f} s")
    if frame is None:
        _draw_trajectories(figure, positions, skeleton, timestamps_s)
    else:
        _draw_skeleton(figure, positions[frame], skeleton)
    return figure


def summary_rows(description: VideoDescription, table: PoseTable) -> dict[str, str]:
    """What there is to know of a video's predictions before any number: names and short texts."""
    metadata, provenance = description.metadata, description.provenance
    shown = len(np.unique(table.poses.frame)) / max(table.frame_count, 1)
    most = int(table.persons_per_frame().max(initial=0))
    people = f"at most {most} at once"
    if table.track_ids is not None:
        people = f"{len(table.persons_by_frames())}, {people}"
    model = "not recorded" if provenance is None else provenance.model_name or provenance.model_filename
    known = table.timestamps_s[np.isfinite(table.timestamps_s)]
    return {
        "video": metadata.filename or "not recorded",
        "frames": f"{metadata.frame_count} at {metadata.fps:.2f} per second, {metadata.width} x {metadata.height} px",
        "times": f"{known.min():.3f} to {known.max():.3f} s" if len(known) else "not known",
        "people": people,
        "coverage": f"{shown:.1%} of the frames show somebody",
        "skeleton": f"{description.skeleton.name}, {len(description.skeleton)} joints",
        "2D": description.units.get("poses2d", "unit not recorded"),
        "3D": f"{description.units.get('poses3d', 'unit not recorded')}, {description.axes}; "
        + ("fitted and the model's" if table.poses3d_fitted is not None else "the model's"),
        "model": model,
    }


def summary_text(rows: Mapping[str, str]) -> str:
    """The rows of :func:`summary_rows` as lines, for a terminal."""
    width = max(map(len, rows))
    # A file's name may hold line breaks and bytes that are no text.
    return "\n".join(f"{name:<{width}}  {printable(value)}" for name, value in rows.items())


def summary_html(rows: Mapping[str, str]) -> str:
    """The rows of :func:`summary_rows` as a table, for a notebook."""
    cells = "".join(
        f'<tr><th style="text-align:left">{escape(name)}</th><td style="text-align:left">{escape(value)}</td></tr>'
        for name, value in rows.items()
    )
    return f"<table>{cells}</table>"


def _coordinates(values: NDArray[np.floating], names: tuple[str, ...]) -> dict[str, object]:
    flat = values.reshape(-1, len(names))
    return {name: flat[:, index] for index, name in enumerate(names)}


def _draw_trajectories(
    figure: Figure, positions: NDArray[np.float64], skeleton: Skeleton, timestamps_s: NDArray[np.float64]
) -> None:
    axes: list[Axes] = list(figure.subplots(3, 1, sharex=True))
    labels = ("x, to the right (mm)", "height, -y (mm)", "z, away (mm)")
    for index, (axes_of_coordinate, label, sign) in enumerate(zip(axes, labels, (1, -1, 1), strict=True)):
        for part, style in zip(_FOLLOWED, _LINE_STYLES, strict=True):
            for side, colour in _SIDE_COLOURS.items():
                if skeleton.has(f"{side}_{part}"):
                    values = sign * positions[:, skeleton.index(f"{side}_{part}"), index]
                    axes_of_coordinate.plot(
                        timestamps_s, values, style, color=colour, linewidth=1, label=f"{side} {part}"
                    )
        axes_of_coordinate.set_ylabel(label)
    axes[-1].set_xlabel("time (s)")
    handles, names = axes[0].get_legend_handles_labels()
    if names:
        figure.legend(handles, names, loc="outside right upper", frameon=False)


def _draw_skeleton(figure: Figure, pose: NDArray[np.float64], skeleton: Skeleton) -> None:
    axes = figure.add_subplot(projection="3d")
    x, height, away = pose[:, 0], -pose[:, 1], pose[:, 2]
    sides = {skeleton.index(landmark): landmark.partition("_")[0] for landmark in skeleton.landmarks}
    for start, end in skeleton.edges:
        side = sides.get(start, "") if sides.get(start) == sides.get(end) else ""
        ends = [start, end]
        axes.plot(x[ends], away[ends], height[ends], color=_SIDE_COLOURS.get(side, _MIDDLE_COLOUR))
    axes.scatter(x, away, height, s=8, color="black")
    axes.set(xlabel="x (mm)", ylabel="z, away (mm)", zlabel="height, -y (mm)")
    if np.isfinite(pose).all(axis=1).any():
        axes.set_aspect("equal")
    axes.locator_params(nbins=5)
    axes.view_init(elev=10, azim=-75)
