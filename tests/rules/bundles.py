"""Bundles for tests: an honest one, and archives whose every part can be chosen."""

import hashlib
import io
import json
import zipfile
from pathlib import Path

from rules.streams import pipeline, rule
from support.onnx_files import mean_colours

CLASSIFIER = {"type": "classifier", "name": "colour", "model": "colours", "region": {"part": "trunk"}}
PIPELINE = pipeline(
    rule(branches=[], on_complete=[]) | {"branches": [CLASSIFIER]},
    models={"colours": {"file": "models/colours.onnx", "classes": ["red", "green", "blue"], "size": [8, 8]}},
)
FILES = {"pipeline.json": PIPELINE.model_dump_json().encode(), "models/colours.onnx": mean_colours()}


def manifest_of(files: dict[str, bytes], **changed) -> bytes:
    listed = {
        name: {"size_bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()} for name, data in files.items()
    }
    return json.dumps(
        {"format": "neuropose-ray bundle", "format_version": 1, "name": "watch", "version": "1", "files": listed}
        | changed
    ).encode()


def zipped(members: list[tuple[str | zipfile.ZipInfo, bytes]], compression=zipfile.ZIP_DEFLATED) -> bytes:
    """A zip of these members in this order, names as they are."""
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", compression) as file:
        for name, data in members:
            info = name if isinstance(name, zipfile.ZipInfo) else zipfile.ZipInfo(name)
            info.compress_type = compression
            file.writestr(info, data)
    return archive.getvalue()


def honest(files: dict[str, bytes] | None = None, **manifest) -> bytes:
    files = FILES if files is None else files
    return zipped([("manifest.json", manifest_of(files, **manifest)), *files.items()])


def written(folder: Path, data: bytes) -> Path:
    path = folder / "watch.zip"
    path.write_bytes(data)
    return path
