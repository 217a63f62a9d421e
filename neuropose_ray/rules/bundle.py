"""Bundles: a pipeline and its networks in one zip, with a manifest of digests.

```
squats.zip
  manifest.json       name, version, and the size and SHA-256 of every other file
  pipeline.yaml       or pipeline.json
  models/helmet.onnx  the networks that the pipeline names
  README.md LICENSE   on request
```

A bundle is data: networks are ONNX alone, for files of pickles run any code when they are loaded.
"""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from pydantic import Field, ValidationError

from neuropose_ray.errors import BundleError, InputNotFoundError, RuleError
from neuropose_ray.faults import faults
from neuropose_ray.rules.bundle_archive import BundleLimits, check_name, read_members
from neuropose_ray.rules.loading import load_pipeline, parse_text
from neuropose_ray.schemas.atomic import atomic_write_bytes
from neuropose_ray.schemas.immutable import FrozenMapping, FrozenModel, ReadOnlyMapping
from neuropose_ray.schemas.rules import Pipeline

MANIFEST_FILE: Final = "manifest.json"
PIPELINE_FILES: Final = ("pipeline.yaml", "pipeline.yml", "pipeline.json")
#: Of all members, so that equal content makes equal bundles; the first time that a zip can hold.
_MEMBER_TIME: Final = (1980, 1, 1, 0, 0, 0)


class BundleFile(FrozenModel):
    """A file of a bundle."""

    size_bytes: int = Field(ge=0)
    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")


class BundleManifest(FrozenModel):
    """What a bundle holds."""

    format: Literal["neuropose-ray bundle"] = "neuropose-ray bundle"
    format_version: Literal[1] = 1
    name: str = Field(description="of the pipeline")
    version: str = Field(description="of the pipeline")
    files: FrozenMapping[str, BundleFile] = Field(description="by path; all but the manifest")


@dataclass(frozen=True, slots=True)
class Bundle:
    """A bundle that was read and checked.

    Attributes:
        pipeline: the rules.
        models: ONNX files by the names of the pipeline's models.
        sha256: of the archive, by which it is known again.
    """

    pipeline: Pipeline
    models: Mapping[str, bytes]
    sha256: str


def load_bundle(path: Path, *, sha256: str | None = None, limits: BundleLimits | None = None) -> Bundle:
    """Read a bundle, into memory alone.

    Args:
        path: the zip.
        sha256: the digest that it must have; None for any.
        limits: on members and bytes; None for the defaults.

    Raises:
        InputNotFoundError: there is no such file.
        BundleError: it is no bundle, is damaged or hostile, or is not the one that is expected.
        RuleError: a fault in its pipeline.
    """
    limits = limits or BundleLimits()
    data = _read(path, limits)
    digest = hashlib.sha256(data).hexdigest()
    if sha256 is not None and digest != sha256.lower():
        raise BundleError(f"its SHA-256 is {digest}, not {sha256}", where=path.name, hint="fetch it again")
    members = read_members(data, path.name, limits)
    manifest = _manifest(members, path.name)
    _check_files(manifest, members, path.name)
    pipeline = _pipeline(members, path.name)
    if (pipeline.name, pipeline.version) != (manifest.name, manifest.version):
        raise BundleError("its manifest is of another pipeline", where=path.name, hint="write the bundle again")
    return Bundle(pipeline, _models(pipeline, members, path.name), digest)


def write_bundle(
    path: Path, pipeline: Pipeline, models: Mapping[str, Path] | None = None, *, limits: BundleLimits | None = None
) -> Bundle:
    """Write a bundle; equal content makes an equal file.

    Args:
        path: the zip; there whole or not at all.
        pipeline: the rules.
        models: ONNX files by the names of the pipeline's models.
        limits: on members and bytes, as for reading; None for the defaults.

    Returns:
        What was written, as it is read.

    Raises:
        RuleError: the pipeline contradicts itself.
        BundleError: a model of the pipeline has no file, or a file is none of its models or cannot be read; or the
            bundle would not be read again.
        OutputError: the file cannot be written.
    """
    models = models or {}
    if pipeline.models.keys() != models.keys():
        differing = ", ".join(sorted(pipeline.models.keys() ^ models.keys()))
        raise BundleError(f"pipeline and files differ in models: {differing}", where=path.name)
    files = {"pipeline.json": pipeline.model_dump_json(indent=2, exclude_defaults=False).encode()}
    load_pipeline(json.loads(files["pipeline.json"]), where="pipeline.json")
    for name, model in pipeline.models.items():
        check_name(model.file, path.name)
        try:
            files[model.file] = models[name].read_bytes()
        except OSError as error:
            raise BundleError(f"cannot be read ({error.strerror})", where=str(models[name])) from error
    listed = {
        name: BundleFile(size_bytes=len(data), sha256=hashlib.sha256(data).hexdigest())
        for name, data in files.items()
    }
    manifest = BundleManifest(name=pipeline.name, version=pipeline.version, files=listed)
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as zipped:
        for name, data in ({MANIFEST_FILE: manifest.model_dump_json(indent=2).encode()} | files).items():
            info = zipfile.ZipInfo(name, _MEMBER_TIME)
            info.external_attr = 0o100644 << 16
            zipped.writestr(info, data, zipfile.ZIP_DEFLATED)
    # What would not be read is not written.
    members = read_members(archive.getvalue(), path.name, limits or BundleLimits())
    checked = _models(pipeline, members, path.name)
    atomic_write_bytes(path, archive.getvalue())
    return Bundle(pipeline, checked, hashlib.sha256(archive.getvalue()).hexdigest())


def _read(path: Path, limits: BundleLimits) -> bytes:
    try:
        if not path.is_file():
            if path.exists():
                raise BundleError("is not a file", where=str(path))
            raise InputNotFoundError("there is no such file", where=str(path), hint="check the path")
        with path.open("rb") as file:
            data = file.read(limits.max_archive_bytes + 1)
    except (OSError, ValueError) as error:
        raise BundleError(f"cannot be read ({error})", where=path.name) from error
    if len(data) > limits.max_archive_bytes:
        raise BundleError(f"larger than {limits.max_archive_bytes} bytes", where=path.name)
    return data


def _manifest(members: Mapping[str, bytes], where: str) -> BundleManifest:
    if MANIFEST_FILE not in members:
        raise BundleError(f"has no {MANIFEST_FILE}", where=where, hint="is it a bundle? write_bundle makes one")
    location = f"{where}: {MANIFEST_FILE}"
    try:
        content = parse_text(_text(members[MANIFEST_FILE], location), where=location, is_json=True)
        return BundleManifest.model_validate(content)
    except RuleError as error:
        raise BundleError(error.what, where=error.where, hint=error.hint) from None
    except ValidationError as error:
        raise BundleError(faults(error, BundleManifest)[0], where=location) from None


def _check_files(manifest: BundleManifest, members: Mapping[str, bytes], where: str) -> None:
    differing = sorted(manifest.files.keys() ^ (members.keys() - {MANIFEST_FILE}))
    if differing:
        listed = "not in the archive" if differing[0] in manifest.files else "not in the manifest"
        raise BundleError(f"{differing[0]} is {listed}", where=where)
    for name, file in manifest.files.items():
        data = members[name]
        if len(data) != file.size_bytes or hashlib.sha256(data).hexdigest() != file.sha256:
            raise BundleError(f"{name} is not what the manifest says", where=where, hint="fetch it again")


def _pipeline(members: Mapping[str, bytes], where: str) -> Pipeline:
    names = [name for name in PIPELINE_FILES if name in members]
    if len(names) != 1:
        raise BundleError(f"holds {len(names)} pipelines, not one", where=where, hint=" or ".join(PIPELINE_FILES))
    location = f"{where}: {names[0]}"
    text = _text(members[names[0]], location)
    return load_pipeline(parse_text(text, where=location, is_json=names[0].endswith(".json")), where=location)


def _models(pipeline: Pipeline, members: Mapping[str, bytes], where: str) -> Mapping[str, bytes]:
    wanted = {model.file: name for name, model in pipeline.models.items()}
    missing = sorted(wanted.keys() - members.keys())
    if missing:
        raise BundleError(f"the file {missing[0]} of model {wanted[missing[0]]} is not in it", where=where)
    networks = {name for name in members if name.endswith(".onnx")}
    for file in sorted(wanted.keys() - networks):
        raise BundleError(f"{file} of model {wanted[file]} is no ONNX file", where=where)
    for file in sorted(networks - wanted.keys()):
        raise BundleError(f"no model of the pipeline uses {file}", where=where, hint="leave it out")
    return ReadOnlyMapping({name: members[model.file] for name, model in pipeline.models.items()})


def _text(data: bytes, where: str) -> str:
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        raise BundleError("is no UTF-8 text", where=where) from None
