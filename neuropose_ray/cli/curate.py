"""`neuropose-ray curate`: what is in the frames of videos and frame folders."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, TypeVar

import typer

from neuropose_ray.cli.curate_labels import annotator, labelling
from neuropose_ray.cli.curate_review import import_review, review, second_pass
from neuropose_ray.cli.options import Address, Engine, Fps, Json, Workers
from neuropose_ray.errors import SettingsError

Name = TypeVar("Name", bound=StrEnum)

app = typer.Typer(
    no_args_is_help=True,
    help="What is in the frames: blurred, dark, doubled, idle, empty, missing. Without a pose model.",
)

Config = Annotated[str | None, typer.Option("--config", "-c", help="YAML file of settings, or FILE.py:NAME.")]
Out = Annotated[Path, typer.Argument(metavar="OUT", help="What was --out of `curate run`.", show_default=False)]


@app.command("run")
def run_curation(
    inputs: Annotated[
        list[str],
        typer.Argument(help="Videos, folders of numbered pictures (image_0, image_1, ...), folders of these."),
    ],
    out: Annotated[
        Path,
        typer.Option("--out", "-o", help="Folder for the results; that of `process` counts people too."),
    ],
    config: Config = None,
    profile: Annotated[
        str | None, typer.Option(help="Settings for a kind of machine: local-cpu, gpu-single or high-throughput.")
    ] = None,
    setting: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="NAME=VALUE", help="Any setting of curation, such as blur.threshold=120."),
    ] = None,
    strict: Annotated[
        bool | None,
        typer.Option(
            "--strict/--no-strict", help="Frame folders with gaps or doubled numbers fail. [default: strict]"
        ),
    ] = None,
    sheet: Annotated[
        bool, typer.Option("--sheet", help="Also write contact_sheet.html: the worst frames, duplicates, idle times.")
    ] = False,
    engine: Engine = None,
    address: Address = None,
    workers: Workers = None,
    fps: Fps = None,
    wait: Annotated[
        bool, typer.Option("--wait", help="Wait for another run into the same folder to end, instead of refusing.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Measure every frame, and find near-duplicates, idle times, and what is wrong with frames.

    Each stream gets a folder OUT/NAME with frames.parquet (a row for each frame: sharpness, brightness, motion, hash,
    flags) and idle.parquet; OUT/curation.json lists every input. A rerun decodes nothing that is there, and other
    thresholds decode nothing at all. Exit code 1 if not every frame could be read.

    Example: neuropose-ray curate run cameras/ --out results --sheet
    """
    from neuropose_ray.api import curate_with

    given: dict[str, Any] = {
        "engine": {"kind": engine, "address": address, "workers": workers},
        "video": {"image_fps": fps},
        "curation": _nested(setting or []),
    }
    if strict is not None:
        given["curation"].setdefault("ingest", {})["strict_sequence"] = strict
    summary = curate_with(config, profile, given, inputs, out, wait=wait, quiet=as_json)
    page = None
    if sheet:
        from neuropose_ray.pipeline import find_video
        from neuropose_ray.report import write_contact_sheet

        page = write_contact_sheet(out, find_video)
    if as_json:
        typer.echo(summary.model_dump_json(indent=2))
    else:
        typer.echo(str(summary))
        typer.echo(f"results: {out}")
        if page is not None:
            typer.echo(page)
    raise typer.Exit(0 if summary.all_well else 1)


@app.command()
def inspect(
    out: Out,
    stream: Annotated[str | None, typer.Argument(metavar="[STREAM]", help="One stream alone.")] = None,
    events: Annotated[int, typer.Option(min=0, help="The last so many events.")] = 10,
    as_json: Annotated[bool, typer.Option("--json", help="Print all of it as JSON.")] = False,
) -> None:
    """Say of every stage of every stream whether it ran the last time, and why, or why not.

    Example: neuropose-ray curate inspect results camera_1
    """
    from neuropose_ray.pipeline import inspect_run

    inspection = inspect_run(out, stream=stream, events=events)
    typer.echo(inspection.model_dump_json(indent=2) if as_json else "\n".join(inspection.lines()))
    raise typer.Exit(0 if inspection.all_well else 1)


@app.command()
def export(
    out: Out,
    to: Annotated[Path, typer.Option("--to", help="Folder to write.")],
    kind: Annotated[
        str,
        typer.Option(
            "--format", "-f", help="coco, yolo-pose, jsonl, parquet; label-studio or cvat for reviewers' tasks."
        ),
    ] = "coco",
    keep: Annotated[
        list[str] | None,
        typer.Option("--keep", help="Keep frames with this flag, such as duplicate; may be repeated."),
    ] = None,
    images: Annotated[
        bool,
        typer.Option(
            "--images", help="Also write the pictures: those of a frame folder as they are, else PNG files."
        ),
    ] = False,
    detector: Annotated[
        Path | None,
        typer.Option(help="ONNX file of a detector, as of YOLO: boxes of people whom the pose model missed."),
    ] = None,
    segmenter: Annotated[
        str | None, typer.Option(help="selfie: a mask of each person, for coco, jsonl and parquet.")
    ] = None,
    min_score: Annotated[
        float | None,
        typer.Option(min=0, max=1, help="Score below which people and keypoints are not labelled. [default: 0.25]"),
    ] = None,
    config: Config = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace an earlier data set there.")] = False,
    as_json: Json = False,
) -> None:
    """Write a data set of the people in the frames; frames that are left out are listed with their reasons.

    The folder needs poses, of `process`, beside what `curate run` found. Labels that people corrected, and poses of a
    second pass, stand in place of the first ones. Detector, segmenter and least score may also stand in the file of
    --config, below `annotation`, with `enabled: true`; what is typed wins.

    Example: neuropose-ray curate export results --to dataset --format yolo-pose --images
    """
    from neuropose_ray.formats import DatasetKind, DatasetSettings, export_dataset
    from neuropose_ray.pipeline import RunPictures
    from neuropose_ray.schemas.frame_table import FrameFlag

    kept = {_member(FrameFlag, flag, "--keep") for flag in keep or ()}
    labels = labelling(config, detector, segmenter, min_score)
    settings = DatasetSettings(excluded=DatasetSettings().excluded - kept, min_score=labels.min_score)
    member, pictures = _member(DatasetKind, kind, "--format"), RunPictures(out)
    if labels.segmenter is not None and member not in DatasetKind.with_masks():
        raise SettingsError("the format holds no masks", where=f"--format {kind}", hint="take coco, jsonl or parquet")
    summary = export_dataset(
        out,
        to,
        member,
        settings,
        annotate=annotator(pictures, labels),
        write_picture=pictures.write if images else None,
        overwrite=overwrite,
    )
    if as_json:
        typer.echo(summary.model_dump_json(indent=2))
        return
    frames = ", ".join(f"{count} {side}" for side, count in summary.frames.items())
    left_out = ", ".join(f"{count} {flag}" for flag, count in summary.excluded.items())
    typer.echo(f"{summary.kind}: {frames or 'no'} frames, {summary.persons} persons")
    typer.echo(f"left out: {left_out or 'none'}")
    for note in summary.notes:
        typer.echo(f"note: {note}")
    typer.echo(to)


app.command()(review)
app.command("import-review")(import_review)
app.command("second-pass")(second_pass)


def _member(names: type[Name], given: str, flag: str) -> Name:
    """The member of an enumeration that is written so.

    Raises:
        SettingsError: there is none.
    """
    try:
        return names(given)
    except ValueError:
        known = ", ".join(names)
        raise SettingsError(f"there is no {given!r}", where=flag, hint=f"there are {known}") from None


def _nested(given: list[str]) -> dict[str, Any]:
    """Settings written as ``a.b=value``, where a value is JSON or else a text.

    Raises:
        SettingsError: one is not written so.
    """
    from neuropose_ray.schemas.json_text import parsed_json

    nested: dict[str, Any] = {}
    for text in given:
        name, equals, value = text.partition("=")
        if not equals or not name:
            raise SettingsError("not NAME=VALUE", where=f"--set {text}", hint="write blur.threshold=120")
        *sections, last = name.split(".")
        place = nested
        for section in sections:
            place = place.setdefault(section, {})
            if not isinstance(place, dict):
                raise SettingsError(f"{section} is a setting, and no section", where=f"--set {text}")
        try:
            place[last] = parsed_json(value)
        except ValueError:
            place[last] = value
    return nested
