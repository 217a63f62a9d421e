"""`neuropose-ray live`: the cameras of a running service."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from neuropose_ray.cli import live_rules
from neuropose_ray.cli.console import require_yes
from neuropose_ray.cli.live_text import print_stream, print_streams, watched
from neuropose_ray.cli.service_options import AsJson, Config, Data, Url, service_client
from neuropose_ray.errors import InputNotFoundError

app = typer.Typer(no_args_is_help=True, help="The cameras of a running service: people in them, live.")
app.add_typer(live_rules.app, name="rules")

StreamName = Annotated[
    str,
    typer.Argument(metavar="STREAM", help="The stream's name: letters, digits, . _ -", show_default=False),
]


@app.command()
def add(
    stream: StreamName,
    source: Annotated[str, typer.Argument(metavar="SOURCE", help="rtsp(s)://, http(s)://, file://, or device:0.")],
    kind: Annotated[
        str | None, typer.Option(help="rtsp, mjpeg, snapshot, hls, device or file. [default: by the URL]")
    ] = None,
    fps: Annotated[float | None, typer.Option(min=0.01, help="Frames a second to look at. [default: 10]")] = None,
    transport: Annotated[str | None, typer.Option(help="Of RTSP: tcp or udp. [default: tcp]")] = None,
    crop: Annotated[
        tuple[int, int, int, int] | None,
        typer.Option(metavar="LEFT TOP RIGHT BOTTOM", help="The part of the picture that is looked at, in pixels."),
    ] = None,
    fov: Annotated[
        float | None,
        typer.Option(help="Of the camera, in degrees over the longer side of the picture.", min=1, max=179),
    ] = None,
    camera: Annotated[str | None, typer.Option(help="The camera's name in records. [default: the stream's]")] = None,
    rules: Annotated[
        Path | None,
        typer.Option("--rules", help="A pipeline (YAML or JSON): what is watched for and done."),
    ] = None,
    bundle: Annotated[
        str | None, typer.Option(help="Instead of --rules: a bundle, by its path or URL as the service sees it.")
    ] = None,
    session: Annotated[str | None, typer.Option(help="A visit, trial or patient, stamped on what follows.")] = None,
    clip: Annotated[
        float | None, typer.Option(min=0, help="Seconds of video that are kept, so that rules can make jobs of them.")
    ] = None,
    url: Url = None,
    data: Data = None,
    config: Config = None,
    as_json: AsJson = False,
) -> None:
    """Register a camera: it is watched until it is removed, also after a restart of the service.

    It takes the place of one of the same name; what that one's rules have written is kept.

    The service reads public addresses alone until its settings allow others: service.live.private_networks with
    service.live.hosts for cameras in your network, service.live.files for folders of videos.

    Examples:
        neuropose-ray live add ward-7 rtsp://user:password@camera-7/stream1

        neuropose-ray live add gait-lab file:///srv/videos/walk.mp4 --fps 25 --rules falls.yaml
    """
    spec: dict[str, Any] = {
        "url": source,
        "source": {"kind": kind, "fps": fps, "transport": transport, "clip_s": clip},
        "crop": crop,
        "camera": {"id": camera, "field_of_view_degrees": fov},
        "session_id": session,
        "pipeline": bundle if rules is None else _pipeline(rules),
    }
    with service_client(url, config, data) as service:
        report = service.add_stream(stream, _given(spec))
    print_stream(report, as_json=as_json)


@app.command("list")
def list_streams(url: Url = None, data: Data = None, config: Config = None, as_json: AsJson = False) -> None:
    """All cameras, how fast frames come and poses go, and how old these are.

    Example: neuropose-ray live list
    """
    with service_client(url, config, data) as service:
        streams = service.streams()
    if as_json:
        typer.echo(json.dumps([stream.model_dump(mode="json") for stream in streams], indent=2))
    elif streams:
        print_streams(streams)
    else:
        typer.echo("no streams; `neuropose-ray live add` registers one")


@app.command()
def show(
    stream: StreamName, url: Url = None, data: Data = None, config: Config = None, as_json: AsJson = False
) -> None:
    """All that is known of a camera now. Exit code 1 while no frames come from it.

    Example: neuropose-ray live show ward-7
    """
    with service_client(url, config, data) as service:
        report = service.stream(stream)
    print_stream(report, as_json=as_json)
    raise typer.Exit(0 if report.state == "active" or report.ended else 1)


@app.command()
def remove(
    stream: StreamName,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    url: Url = None,
    data: Data = None,
    config: Config = None,
) -> None:
    """Watch a camera no more. What its rules have written is kept. Exit code 2 if you decline.

    Example: neuropose-ray live remove ward-7
    """
    with service_client(url, config, data) as service:
        report = service.stream(stream)
        require_yes(f"Remove {report.stream_id} ({report.url})?", yes=yes)
        service.remove_stream(stream)
    typer.echo(f"removed {stream}")


@app.command()
def view(
    stream: StreamName,
    frames: Annotated[int | None, typer.Option(min=1, help="End after so many frames.", show_default=False)] = None,
    open_page: Annotated[bool, typer.Option("--open", help="Open the page with the picture in a browser.")] = False,
    url: Url = None,
    data: Data = None,
    config: Config = None,
    as_json: AsJson = False,
) -> None:
    """Show who is seen, a line for each frame, and what happens; Ctrl-C ends it.

    The page with the picture is at /v1/streams/STREAM/view of the service. With --json every message is a line, for
    other programs.

    Examples:
        neuropose-ray live view ward-7

        neuropose-ray live view ward-7 --json --frames 100 > poses.jsonl
    """
    import asyncio

    with service_client(url, config, data) as service:
        report, address, token = service.stream(stream), service.url, service.token
    page = f"{address}/v1/streams/{report.stream_id}/view"
    typer.echo(f"the page with the picture: {page}", err=True)
    if open_page:
        typer.launch(page)
        return
    asyncio.run(watched(address, token, stream, frames, as_json=as_json))


def _pipeline(path: Path) -> dict[str, Any]:
    """The content of a file of rules, checked here: its errors name the file and the field."""
    from neuropose_ray.rules import load_pipeline

    if not path.is_file():
        raise InputNotFoundError("there is no such file", where=str(path), hint="check --rules")
    content: dict[str, Any] = load_pipeline(path).model_dump(mode="json")
    return content


def _given(value: dict[str, Any]) -> dict[str, Any]:
    """What was given of a request, without the rest."""
    cleaned = {
        name: _given(item) if isinstance(item, dict) and name != "pipeline" else item for name, item in value.items()
    }
    return {name: item for name, item in cleaned.items() if item is not None and item != {}}
