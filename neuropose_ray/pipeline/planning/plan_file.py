"""A video's plan on disk, for workers in other processes: rows only name it, no payload passes the driver."""

from __future__ import annotations

import io
import json
import zipfile
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from neuropose_ray.errors import FileFormatError
from neuropose_ray.pipeline.planning.plan import VideoPlan
from neuropose_ray.schemas.atomic import atomic_write_bytes
from neuropose_ray.schemas.camera import Camera
from neuropose_ray.video import Chunk, ImageFile, VideoInfo, VideoSource

_ARRAYS = ("timestamps_s", "keyframes")


def write_plan(path: Path, plan: VideoPlan) -> None:
    """Write a plan as a NumPy archive of its arrays and a JSON text of the rest.

    Raises:
        OutputError: no space or no permission.
    """
    info = asdict(plan.info)
    arrays = {name: info.pop(name) for name in _ARRAYS}
    info["source"]["path"] = str(plan.info.source.path.resolve())
    text = {
        "name": plan.name,
        "info": info,
        "camera": plan.camera.model_dump(),
        "chunks": [asdict(chunk) for chunk in plan.chunks],
        "keys": plan.keys,
        "sessions": plan.sessions,
        "products": dict(plan.products),
        "skipped_s": plan.skipped_s,
    }
    buffer = io.BytesIO()
    np.savez(buffer, plan=np.array(json.dumps(text)), **arrays)
    atomic_write_bytes(path, buffer.getvalue())


def read_plan(path: Path) -> VideoPlan:
    """The plan that :func:`write_plan` wrote.

    Raises:
        FileFormatError: it is not there or not a plan.
    """
    try:
        with np.load(path, allow_pickle=False) as archive:
            text: dict[str, Any] = json.loads(str(archive["plan"]))
            arrays = {name: archive[name] for name in _ARRAYS}
        source = text["info"].pop("source")
        info = VideoInfo(
            source=VideoSource(Path(source["path"]), source["kind"], source["fps"]),
            notes=tuple(text["info"].pop("notes")),
            images=tuple(ImageFile(**image) for image in text["info"].pop("images")),
            **text["info"],
            **arrays,
        )
        chunks = tuple(Chunk(**chunk) for chunk in text["chunks"])
        camera, keys, sessions = Camera(**text["camera"]), tuple(text["keys"]), tuple(text["sessions"])
        products = {name: tuple(keys) for name, keys in text.get("products", {}).items()}
        skipped_s = tuple(text.get("skipped_s", ()))
        return VideoPlan(text["name"], info, camera, chunks, keys, sessions, products, skipped_s)
    except (OSError, ValueError, KeyError, TypeError, EOFError, zipfile.BadZipFile) as error:
        raise FileFormatError(f"not a plan ({error})", where=str(path), hint="run the same command again") from error
