"""`neuropose-ray curate review`, `import-review` and `second-pass`: the least sure frames, looked at once more."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from neuropose_ray.cli.options import Config, Json, Model
from neuropose_ray.errors import InputNotFoundError, SettingsError

if TYPE_CHECKING:
    from neuropose_ray.formats import ReviewedPicture

Run = Annotated[Path, typer.Argument(metavar="OUT", help="What was --out of `process`.", show_default=False)]
Count = Annotated[int, typer.Option("--frames", "-n", min=1, help="Frames at the most, of all videos together.")]

#: The ways in which people write the program's name.
_LABEL_STUDIO = frozenset({"label-studio", "labelstudio", "label_studio"})


def review(
    out: Run,
    to: Annotated[Path, typer.Option("--to", help="Folder to write.", show_default=False)],
    program: Annotated[
        str, typer.Option("--format", "-f", metavar="label-studio|cvat", help="The program of the reviewers.")
    ] = "label-studio",
    frames: Count = 100,
    images: Annotated[bool, typer.Option("--images/--no-images", help="Also write the pictures.")] = True,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace an earlier queue there.")] = False,
    as_json: Json = False,
) -> None:
    """Write the least sure frames, with their poses as labels to start from, for people to correct.

    Unsure are frames with low scores, joints that jump, or left and right exchanged; frames that look alike are not
    chosen twice. TO gets tasks and pictures; `curate import-review` brings the corrected labels back.

    Example: neuropose-ray curate review results --to queue --format label-studio
    """
    from neuropose_ray.curation import SelectionSettings, frames_to_review
    from neuropose_ray.formats import DatasetSettings, export_dataset
    from neuropose_ray.pipeline import RunPictures
    from neuropose_ray.words import counted

    kind = _kind(program)
    chosen = frames_to_review(out, frames, SelectionSettings(frames=frames))
    if not chosen:
        typer.echo("no frame is unsure: there is nothing to review")
        return
    summary = export_dataset(
        out,
        to,
        kind,
        DatasetSettings(excluded=frozenset()),
        only={video: [frame.frame for frame in selected] for video, selected in chosen.items()},
        write_picture=RunPictures(out).write if images else None,
        overwrite=overwrite,
    )
    if as_json:
        queue = {video: [_entry(frame) for frame in selected] for video, selected in chosen.items()}
        typer.echo(json.dumps({"kind": summary.kind, "frames": queue}, indent=2))
        return
    typer.echo(f"{counted(sum(map(len, chosen.values())), 'frame')} of {counted(len(chosen), 'video')} to review")
    for video, selected in sorted(chosen.items()):
        reasons = sorted({reason.replace("_", " ") for frame in selected for reason in frame.reasons})
        typer.echo(f"{video}: {counted(len(selected), 'frame')}: {', '.join(reasons) or 'less sure than the others'}")
    typer.echo(_NEXT_STEPS[kind].format(to=to.resolve()))


def import_review(
    out: Run,
    file: Annotated[
        Path,
        typer.Argument(metavar="FILE", help="Export of the program: JSON of Label Studio, XML or its zip of CVAT."),
    ],
    as_json: Json = False,
) -> None:
    """Bring corrected labels back: from now on data sets have them in place of predictions.

    They are kept in OUT/VIDEO/labels.jsonl; the predictions stay what they are.

    Example: neuropose-ray curate import-review results export.json
    """
    from neuropose_ray.formats import import_review as import_pictures
    from neuropose_ray.words import counted

    summary = import_pictures(_pictures(file), out)
    if as_json:
        typer.echo(json.dumps({"pictures": dict(summary.pictures), "unknown": summary.unknown}, indent=2))
    else:
        for video, pictures in sorted(summary.pictures.items()):
            typer.echo(f"{video}: {counted(pictures, 'picture')} corrected")
        if summary.unknown:
            names = ", ".join(summary.unknown[:3])
            typer.echo(f"{counted(len(summary.unknown), 'picture')} of no video here, passed over ({names})")
        if not summary.pictures:
            typer.echo("nothing was imported: no picture of the file is one of this run that somebody annotated")
    raise typer.Exit(0 if summary.pictures else 1)


def second_pass(
    out: Run,
    model: Model = None,
    mirror: Annotated[
        bool | None, typer.Option("--mirror", help="BlazePose: average with the mirrored frame, twice the work.")
    ] = None,
    frames: Count = 100,
    config: Config = None,
    as_json: Json = False,
) -> None:
    """Let a larger pose model look at the least sure frames; data sets have its poses in place of the others.

    They are kept in OUT/VIDEO/predictions_second_pass.parquet; the predictions stay what they are. Labels that people
    corrected win over both.

    Example: neuropose-ray curate second-pass results --model metrabs
    """
    from neuropose_ray.api import named_model
    from neuropose_ray.pipeline import NullReporter
    from neuropose_ray.pipeline import second_pass as look_again
    from neuropose_ray.service import load_settings
    from neuropose_ray.words import counted

    if model is None and not mirror and config is None:
        hint = "give --model metrabs, a path or a URL; or --mirror"
        raise SettingsError("a second pass needs a better model than the first", hint=hint)
    settings = load_settings(config, {"model": model, "blazepose": {"mirror": mirror}})
    done = look_again(
        out,
        named_model(settings, quiet=as_json),
        count=frames,
        selection=settings.curation.selection,
        progress=NullReporter(),
        decode_threads=settings.video.decode_threads,
    )
    if as_json:
        result: dict[str, Any] = {"frames": done.frames, "persons": done.persons, "errors": done.errors}
        typer.echo(json.dumps(result, indent=2))
    else:
        for video, count in sorted(done.frames.items()):
            typer.echo(f"{video}: {counted(count, 'frame')}")
        for video, error in sorted(done.errors.items()):
            typer.echo(f"{video}: failed: {error}")
        if not (done.frames or done.errors):
            typer.echo("no frame is unsure: there is nothing to look at again")
        else:
            typer.echo(f"{counted(sum(done.frames.values()), 'frame')} with {counted(done.persons, 'person')}")
    raise typer.Exit(1 if done.errors else 0)


def _kind(program: str) -> Any:
    from neuropose_ray.formats import DatasetKind

    if program in _LABEL_STUDIO:
        return DatasetKind.LABEL_STUDIO
    if program == "cvat":
        return DatasetKind.CVAT
    raise SettingsError(f"there is no {program!r}", where="--format", hint="there are label-studio, cvat")


def _entry(frame: Any) -> dict[str, Any]:
    return {"frame_idx": frame.frame, "score": round(frame.score, 4), "reasons": list(frame.reasons)}


def _pictures(file: Path) -> Iterator[ReviewedPicture]:
    """The pictures of an export, by what the file is."""
    from neuropose_ray.formats import read_cvat, read_label_studio

    if not file.is_file():
        raise InputNotFoundError("there is no such file", where=str(file), hint="check the path")
    is_cvat = file.suffix.lower() == ".xml" or zipfile.is_zipfile(file)
    yield from (read_cvat if is_cvat else read_label_studio)(file)


_NEXT_STEPS = {
    "label-studio": "start Label Studio with LABEL_STUDIO_LOCAL_FILES_SERVING_ENABLED=true and "
    "LABEL_STUDIO_LOCAL_FILES_DOCUMENT_ROOT={to}; make a project with the labelling interface {to}/config.xml, and "
    "import {to}/tasks.json",
    "cvat": "{to}/annotations.xml: make a task of {to}/images with the labels of {to}/labels.json, and upload it as "
    '"CVAT for images 1.1"',
}
