"""`neuropose-ray overlay`: the video with the poses drawn into it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from neuropose_ray.cli.frame_progress import frame_progress
from neuropose_ray.cli.options import CaptureFps
from neuropose_ray.errors import SettingsError
from neuropose_ray.render import AngleJoint, View

_JOINTS = ", ".join(AngleJoint)


def overlay(
    results: Annotated[Path, typer.Argument(help="A video's results: OUT/NAME, or its predictions.parquet.")],
    video: Annotated[
        Path | None, typer.Option(help="The video, where it is no longer where `process` found it.")
    ] = None,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="MP4 to write. [default: overlay.mp4 beside the predictions]")
    ] = None,
    blur_faces: Annotated[bool, typer.Option("--blur-faces", help="Hide the faces of the people found.")] = False,
    boxes: Annotated[bool, typer.Option("--boxes", help="Draw the box around each person.")] = False,
    angles: Annotated[
        str, typer.Option(metavar="JOINTS", help=f"Write angles at these joints: {_JOINTS}; several with commas.")
    ] = "",
    repetitions: Annotated[bool, typer.Option("--repetitions", help="Count the repetitions of exercises.")] = False,
    view: Annotated[
        View | None, typer.Option(help="Show the poses in space beside the picture, from this side of the person.")
    ] = None,
    capture_fps: CaptureFps = None,
    sound: Annotated[bool, typer.Option("--sound", help="Keep the sound, with the voices.")] = False,
    fps: Annotated[float | None, typer.Option(help="Frames per second, if it was given to process.")] = None,
) -> None:
    """Draw the poses into a copy of the video, at the video's own times.

    Left is blue, right is orange; what is nearer to the camera is wider and brighter, what is uncertain is faint.
    Angles are those of `analyze`: 0 on the short line, which carries the segment before the joint on; uncertain ones
    are left out, and people who are too small in the picture have none. --blur-faces cannot hide people whom the
    pose model did not find: look at the result before you pass it on.

    Example: neuropose-ray overlay results/squat --angles knee,hip --repetitions --view right
    """
    from neuropose_ray.pipeline import find_video, video_at
    from neuropose_ray.render import OverlaySettings, measure_for, render_overlay, update_overlay
    from neuropose_ray.schemas.reading import read_table
    from neuropose_ray.schemas.result_files import OVERLAY_FILE, predictions_in
    from neuropose_ray.video import has_sound

    predictions = predictions_in(results)
    settings = OverlaySettings(
        blur_faces=blur_faces, boxes=boxes, angles=_angle_joints(angles), repetitions=repetitions, view=view,
        sound=sound, capture_fps=capture_fps,
    )  # fmt: skip
    folder, target = predictions.parent, out or predictions.with_name(OVERLAY_FILE)
    source = find_video(folder) if video is None else video_at(video, folder, fps=fps)
    if sound and not has_sound(source):
        typer.echo(f"note: {source.path} has no sound to keep", err=True)
    measure = measure_for(settings)
    with frame_progress() as progress_of:
        progress = progress_of(target.name)
        if target.resolve() == predictions.with_name(OVERLAY_FILE).resolve():
            update_overlay(source, predictions, settings=settings, progress=progress, measure=measure)
        else:
            render_overlay(source, predictions, target, settings=settings, progress=progress, measure=measure)
    if not len(read_table(predictions)[0].poses):
        typer.echo("note: nobody was found in this video: no poses are drawn into it", err=True)
    typer.echo(target)


def _angle_joints(text: str) -> tuple[AngleJoint, ...]:
    """The joints of a list with commas, each once."""
    names = dict.fromkeys(name.strip() for name in text.split(",") if name.strip())
    try:
        return tuple(AngleJoint(name) for name in names)
    except ValueError:
        unknown = next(name for name in names if name not in list(AngleJoint))
        raise SettingsError(
            f"no angle is known at {unknown!r}", where="--angles", hint=f"choose of {_JOINTS}"
        ) from None
