"""`neuropose-ray models`: the weights on this machine."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.table import Column, Table

from neuropose_ray.errors import NeuroposeRayError, SettingsError, WeightsUnavailableError

if TYPE_CHECKING:
    from neuropose_ray.models import CatalogueEntry, WeightSettings, WeightStore

app = typer.Typer(no_args_is_help=True, help="The weights of the pose models on this machine.")

CacheDir = Annotated[
    Path | None,
    typer.Option(envvar="NEUROPOSE_WEIGHTS__CACHE_DIR", help="Folder of the weights.", show_default=False),
]
Mirror = Annotated[
    str | None,
    typer.Option(envvar="NEUROPOSE_WEIGHTS__MIRROR", help="URL of a folder with the archives.", show_default=False),
]
Offline = Annotated[bool, typer.Option("--offline", envvar="NEUROPOSE_WEIGHTS__OFFLINE", help="Use no network.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Model = Annotated[str, typer.Argument(help="A name of `models list`, a URL, or a path.", show_default=False)]
Models = Annotated[list[str] | None, typer.Argument(help="Names of `models list`, URLs, or paths.")]


@app.command("list")
def list_models(cache_dir: CacheDir = None, as_json: AsJson = False) -> None:
    """What there is, and what of it is on this machine."""
    from neuropose_ray.models import CATALOGUE

    store = _store(cache_dir)
    rows = [_row(entry, store) for entry in CATALOGUE]
    if as_json:
        typer.echo(json.dumps(rows, indent=2))
        return
    table = Table(
        Column("model", no_wrap=True, min_width=34), "state", "download", "what it is", box=None, pad_edge=False
    )
    for entry, row in zip(CATALOGUE, rows, strict=True):
        size = "?" if entry.download_bytes is None else f"{entry.download_bytes / 1e6:.0f} MB"
        names = "\n= ".join((*entry.aliases, entry.source.name))
        table.add_row(names, str(row["state"]), size, f"{entry.summary}; {row['licence']}")
    Console().print(table)


@app.command("depth-prior")
def depth_prior_card() -> None:
    """Print the card of the depth prior: what it was trained on, what it reaches, what it is not for."""
    from neuropose_ray.lifting import card

    typer.echo(card())


@app.command()
def pull(models: Models = None, cache_dir: CacheDir = None, mirror: Mirror = None, offline: Offline = False) -> None:
    """Fetch weights into the cache, so that runs need no network; without a name, blazepose."""
    from neuropose_ray.models import WeightStore, download_progress

    settings = weight_settings(cache_dir, mirror=mirror, offline=offline)
    store = WeightStore.from_settings(settings)
    for model in models or ["blazepose"]:
        with download_progress(model) as progress:
            weights = store.path(model, progress=progress)
        typer.echo(f"{model}: {weights.path} (SHA-256 {weights.sha256} of {weights.filename})")


@app.command()
def path(model: Model, cache_dir: CacheDir = None) -> None:
    """Print the folder of weights that are on this machine."""
    weights = _store(cache_dir).cached(model)
    if weights is None:
        hint = f"`neuropose-ray models pull {model}` fetches it"
        raise WeightsUnavailableError("not on this machine", where=model, hint=hint)
    typer.echo(weights.path)


@app.command()
def verify(models: Models = None, cache_dir: CacheDir = None, as_json: AsJson = False) -> None:
    """Hash every byte of weights on this machine; without a name, of all that are here. Exit code 1 if one is bad."""
    store = _store(cache_dir)
    results = [_verify(model, store) for model in models or _present(store)]
    if as_json:
        typer.echo(json.dumps(results, indent=2))
    else:
        for result in results:
            typer.echo(f"{result['model']}: {result['error'] or 'ok, SHA-256 ' + str(result['sha256'])}")
        if not results:
            typer.echo("no weights on this machine; `neuropose-ray models pull` fetches them")
    if any(result["error"] for result in results):
        raise typer.Exit(1)


def weight_settings(cache_dir: Path | None, *, mirror: str | None = None, offline: bool = False) -> WeightSettings:
    """The settings with what was given on the command line.

    Raises:
        SettingsError: a value is not allowed.
    """
    from pydantic import ValidationError

    from neuropose_ray.faults import faults
    from neuropose_ray.models import WeightSettings

    given = {"cache_dir": cache_dir, "mirror": mirror, "offline": offline or None}
    try:
        return WeightSettings.model_validate({name: value for name, value in given.items() if value is not None})
    except ValidationError as error:
        key, _, what = faults(error, WeightSettings)[0].partition(": ")
        raise SettingsError(what, where="--" + key.replace("_", "-")) from error


def _store(cache_dir: Path | None) -> WeightStore:
    """The weights that are on this machine."""
    from neuropose_ray.models import WeightStore

    return WeightStore(weight_settings(cache_dir).cache_dir, offline=True)


def _row(entry: CatalogueEntry, store: WeightStore) -> dict[str, object]:
    source = entry.source
    state, weights = "absent", None
    try:
        weights = store.cached(source.name)
    except NeuroposeRayError:
        state = "damaged"
    return {
        "model": source.name,
        "aliases": entry.aliases,
        "state": state if weights is None else "ready",
        "path": None if weights is None else str(weights.path),
        "sha256": None if weights is None else weights.sha256,
        "licence": None if source.licence is None else source.licence.name,
        "download_bytes": entry.download_bytes,
        "skeletons": entry.skeletons,
        "summary": entry.summary,
    }


def _present(store: WeightStore) -> list[str]:
    """The catalogue's models that are in the cache, damaged ones too."""
    from neuropose_ray.models import CATALOGUE

    names = []
    for entry in CATALOGUE:
        try:
            if store.cached(entry.source.name) is not None:
                names.append(entry.source.name)
        except NeuroposeRayError:
            names.append(entry.source.name)
    return names


def _verify(model: str, store: WeightStore) -> dict[str, str | None]:
    try:
        weights = store.verify(model)
    except NeuroposeRayError as error:
        return {"model": model, "path": None, "sha256": None, "error": str(error)}
    return {"model": model, "path": str(weights.path), "sha256": weights.sha256, "error": None}
