"""`neuropose-ray live rules`: pipelines checked, packed into bundles, and taken over from the older format."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from neuropose_ray.errors import RuleError

if TYPE_CHECKING:
    from neuropose_ray.schemas.rules import Pipeline

app = typer.Typer(no_args_is_help=True, help="Rules of live streams: check them, and pack them with their networks.")

Rules = Annotated[Path, typer.Argument(help="A pipeline, as YAML or JSON.", show_default=False)]
Overwrite = Annotated[bool, typer.Option("--overwrite", help="Replace what is at OUT.")]


@app.command()
def check(
    rules: Annotated[
        Path, typer.Argument(help="A pipeline as YAML or JSON, or a bundle (.zip).", show_default=False)
    ],
) -> None:
    """Say whether a pipeline or a bundle is right, without a service.

    Example: neuropose-ray live rules check falls.yaml
    """
    from neuropose_ray.rules import load_bundle, load_pipeline

    if rules.suffix.lower() == ".zip":
        bundle = load_bundle(rules)
        typer.echo(f"{_described(bundle.pipeline)}; SHA-256 {bundle.sha256}")
    else:
        typer.echo(_described(load_pipeline(rules)))


@app.command("bundle")
def make_bundle(
    rules: Rules,
    out: Annotated[Path, typer.Option("--out", "-o", help="The zip to write.", show_default=False)],
    models: Annotated[
        Path | None,
        typer.Option("--models", help="Folder of the networks' files. [default: the one that RULES is in]"),
    ] = None,
    overwrite: Overwrite = False,
) -> None:
    """Pack a pipeline with the ONNX networks that it names into one file, with the digest of each.

    A service takes the bundle from a folder or an address that its setting service.live.bundles allows.

    Examples:
        neuropose-ray live rules bundle helmets.yaml --out helmets.zip

        neuropose-ray live add door rtsp://camera-7/stream1 --bundle /srv/bundles/helmets.zip
    """
    from neuropose_ray.formats import require_free
    from neuropose_ray.rules import load_pipeline, write_bundle

    pipeline = load_pipeline(rules)
    require_free(out, overwrite=overwrite)
    folder = rules.parent if models is None else models
    bundle = write_bundle(out, pipeline, {name: folder / model.file for name, model in pipeline.models.items()})
    typer.echo(f"wrote {out}: {_described(pipeline)}; SHA-256 {bundle.sha256}")


@app.command("import")
def import_older(
    older: Annotated[Path, typer.Argument(help="A pipeline.json of the older format.", show_default=False)],
    out: Annotated[Path, typer.Option("--out", "-o", help="The YAML file to write.", show_default=False)],
    classes: Annotated[
        list[str] | None,
        typer.Option(
            "--classes",
            metavar="MODEL=CLASS,CLASS",
            help="What a network's outputs mean; for each modelId, repeated.",
        ),
    ] = None,
    overwrite: Overwrite = False,
) -> None:
    """Translate a pipeline.json with detector, branches and actions; what cannot be taken as it was is said.

    Example: neuropose-ray live rules import pipeline.json --out helmets.yaml --classes helmet=helmet,none
    """
    import yaml

    from neuropose_ray.formats import require_free
    from neuropose_ray.rules import import_pipeline, load_content
    from neuropose_ray.schemas.atomic import atomic_write_bytes

    imported = import_pipeline(load_content(older), _classes(classes or []), where=older.name)
    require_free(out, overwrite=overwrite)
    content = imported.pipeline.model_dump(mode="json", exclude_none=True)
    atomic_write_bytes(out, yaml.safe_dump(content, sort_keys=False, allow_unicode=True).encode())
    for note in imported.notes:
        typer.echo(f"note: {note}", err=True)
    typer.echo(f"wrote {out}: {_described(imported.pipeline)}")


def _described(pipeline: Pipeline) -> str:
    models = f"; networks: {', '.join(sorted(pipeline.models))}" if pipeline.models else ""
    rules = ", ".join(rule.name for rule in pipeline.rules)
    return f"{pipeline.name}, version {pipeline.version}; rules: {rules}{models}"


def _classes(given: list[str]) -> dict[str, list[str]]:
    split = {}
    for text in given:
        model, equals, names = text.partition("=")
        if not (model and equals and names):
            raise RuleError(f"{text!r} is not MODEL=CLASS,CLASS", where="--classes")
        split[model] = [name.strip() for name in names.split(",")]
    return split
