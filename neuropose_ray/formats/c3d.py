"""Writing C3D, the binary file of motion laboratories (c3d.org), through the ezc3d library."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from neuropose_ray.errors import InputError, OutputError
from neuropose_ray.formats.axes import ON_FLOOR_AXES, Y_UP_AXES
from neuropose_ray.formats.c3d_layout import MAX_FRAMES
from neuropose_ray.formats.trajectories import Trajectories
from neuropose_ray.schemas.atomic import atomic_path
from neuropose_ray.schemas.immutable import utf8_text
from neuropose_ray.schemas.motion_series import MotionEvent

#: An array of a parameter has this many entries at most; further events have a number behind their names.
_EVENTS_AT_ONCE = 255
_EVENT_LABELS = {"heel strike": "Foot Strike", "toe-off": "Foot Off"}
_EVENT_CONTEXTS = {"left": "Left", "right": "Right"}


def write_c3d(path: Path, trajectories: Trajectories, events: Sequence[MotionEvent] = ()) -> None:
    """Write a file of points without analog channels, atomically; numbers are float32.

    A missing point has residual -1, all others 0, the mark of computed positions. ``POINT:X_SCREEN`` and
    ``Y_SCREEN`` say that x runs across and y up, ``NEUROPOSE_RAY:AXES`` says it in words. The time of the first frame
    is its number at the rate, rounded: frame 1 is at 0 s, which a time before that becomes too.

    Heel strikes and toe-offs are in the group ``EVENT``, as Foot Strike and Foot Off of the contexts Left and Right.

    Args:
        path: the file.
        trajectories: the points, y up, in mm.
        events: on the clock of the trajectories; those that are not of gait are left out.

    Raises:
        InputError: more than 65535 frames, or a first frame so late that its number or the last one's is.
        OutputError: the file system refuses, or ezc3d is not installed.
    """
    frames, points = trajectories.positions.shape[:2]
    if frames > MAX_FRAMES:
        raise InputError(f"{frames} frames are more than the {MAX_FRAMES} that C3D can count", hint="write TRC")
    first = max(0, round(trajectories.start_s * trajectories.rate_hz))
    if first + frames > MAX_FRAMES:
        what = f"frames up to the {first + frames}th are more than the {MAX_FRAMES} that C3D can count"
        raise InputError(what, hint="write TRC")
    document = load_ezc3d().c3d()
    is_known = np.isfinite(trajectories.positions).all(-1).T
    data = np.ones((4, points, frames))
    data[:3] = np.where(is_known, trajectories.positions.transpose(2, 1, 0), np.nan)
    parameters = document["parameters"]["POINT"]
    parameters["RATE"]["value"] = [trajectories.rate_hz]
    parameters["LABELS"]["value"] = list(trajectories.names)
    parameters["DESCRIPTIONS"]["value"] = [""] * points
    parameters["UNITS"]["value"] = [trajectories.units]
    document.add_parameter("POINT", "X_SCREEN", ["+X"])
    document.add_parameter("POINT", "Y_SCREEN", ["+Y"])
    document.add_parameter("NEUROPOSE_RAY", "AXES", [ON_FLOOR_AXES if trajectories.on_floor else Y_UP_AXES])
    _add_events(document, events, first / trajectories.rate_hz - trajectories.start_s)
    document["header"]["points"]["first_frame"] = first
    document["data"]["points"] = data
    document["data"]["meta_points"] = {
        "residuals": np.where(is_known, 0.0, -1.0)[None],
        "camera_masks": np.zeros((7, points, frames), bool),
    }
    _write(document, path, at_least=frames * points * 16)


def _add_events(document: Any, events: Sequence[MotionEvent], shift_s: float) -> None:
    """Events as the C3D user guide has them: times in minutes and seconds, contexts and labels as text."""
    of_gait = [event for event in events if event.name in _EVENT_LABELS and event.side in _EVENT_CONTEXTS]
    if not of_gait:
        return
    document.add_parameter("EVENT", "USED", [len(of_gait)])
    for first in range(0, len(of_gait), _EVENTS_AT_ONCE):
        part = of_gait[first : first + _EVENTS_AT_ONCE]
        number = "" if first == 0 else str(first // _EVENTS_AT_ONCE + 1)
        # Numbers are float32, in which the last instant of a minute may be the next minute.
        times_s = np.array([event.time_s + shift_s for event in part], np.float32).astype(np.float64)
        minutes, seconds = np.divmod(times_s, 60.0)
        document.add_parameter("EVENT", f"CONTEXTS{number}", [_EVENT_CONTEXTS[event.side] for event in part])
        document.add_parameter("EVENT", f"LABELS{number}", [_EVENT_LABELS[event.name] for event in part])
        document.add_parameter("EVENT", f"TIMES{number}", np.stack([minutes, seconds]))


def load_ezc3d() -> ModuleType:
    """The library of the format.

    Raises:
        OutputError: it is not installed.
    """
    try:
        import ezc3d
    except ImportError as error:
        hint = "pip install ezc3d; it has no wheel for Linux on ARM, where it is built from source"
        raise OutputError("C3D needs the ezc3d library, which is not installed", hint=hint) from error
    module: ModuleType = ezc3d
    return module


def _write(document: Any, path: Path, at_least: int) -> None:
    """Let ezc3d write under another name, which it insists on ending with .c3d, and look whether it did."""
    with atomic_path(path) as temporary, folder_as_text(temporary.parent) as folder:
        # The library reports no failure: an open that fails must fail here.
        temporary.touch()
        written = folder / f"{utf8_text(temporary.name)}.c3d"
        try:
            document.write(str(written))
            if not written.is_file() or written.stat().st_size < at_least:
                raise OutputError("cannot be written whole", where=str(path), hint="free some space")
            written.replace(temporary)
        finally:
            written.unlink(missing_ok=True)


@contextmanager
def folder_as_text(folder: Path) -> Iterator[Path]:
    """The folder under a name that is text, as the library takes no other: by a link where it has none."""
    if utf8_text(str(folder)) == str(folder):
        yield folder
        return
    with tempfile.TemporaryDirectory(prefix="c3d_") as beside:
        link = Path(beside) / "folder"
        link.symlink_to(folder.absolute())
        yield link
