"""One function per thing that can keep this machine from doing the work. Nothing heavy is imported in this process.

Every check takes what it judges as arguments, so that it can be told about machines that are not this one.
"""

from __future__ import annotations

import importlib.metadata
import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from packaging.requirements import Requirement
from pydantic import BaseModel

from neuropose_ray.cluster import CURRENT_CLUSTER, OWN_RAY, listening_endpoint
from neuropose_ray.errors import EngineError, NeuroposeRayError
from neuropose_ray.models import CatalogueEntry, Weights
from neuropose_ray.neuropose_names import is_neuropose_variable

Status = Literal["ok", "warn", "fail"]
_STORE_PORTS = {"redis": 6379, "rediss": 6379, "postgresql": 5432, "postgres": 5432}

GIB = 1 << 30

#: A worker holds a model, a chunk's frames in flight and its decoder.
WORKER_MEMORY_BYTES = GIB

#: Room that one hour of overlay video, or one more set of weights, takes.
DISK_BYTES = 2 * GIB

#: Ray gives this share of the memory to its object store, at most this much, and keeps it in shared memory if it fits
#: there; else on disk, which is many times slower. From ``ray._private.ray_constants``.
OBJECT_STORE_SHARE, OBJECT_STORE_SHARED_MEMORY_BYTES = 0.3, 10**10


@dataclass(frozen=True, slots=True)
class Check:
    """The result of one check: what was found, whether it will do, and what to do if not."""

    name: str
    status: Status
    found: str
    advice: str | None = None


def check_python(version: tuple[int, int, int]) -> Check:
    """Whether this Python is one that the package's dependencies have wheels for."""
    version_text = ".".join(map(str, version))
    if (3, 11) <= version[:2] <= (3, 13):
        return Check("Python", "ok", version_text)
    return Check("Python", "fail", version_text, "make a virtual environment with Python 3.11, 3.12 or 3.13")


def installed_version(distribution: str) -> str | None:
    """The version of an installed distribution, without importing it; None where it is not installed."""
    try:
        return importlib.metadata.version(distribution)
    except importlib.metadata.PackageNotFoundError:
        return None


def check_requirements(requirements: Iterable[str], version_of: Callable[[str], str | None]) -> list[Check]:
    """Check that every requirement of the package is installed in a version within its bounds.

    Args:
        requirements: as in the package's metadata; those of extras are passed over.
        version_of: the installed version of a distribution, or None.
    """
    checks = []
    for requirement in map(Requirement, requirements):
        if requirement.marker is not None and not requirement.marker.evaluate({"extra": ""}):
            continue
        version = version_of(requirement.name)
        if version is not None and requirement.specifier.contains(version, prereleases=True):
            checks.append(Check(requirement.name, "ok", version))
        else:
            problem = "not installed" if version is None else f"{version}, but {requirement.specifier} is needed"
            advice = f"pip install '{requirement}'"
            checks.append(Check(requirement.name, "fail", problem, advice))
    return checks


def summarise(checks: Sequence[Check], shown: Collection[str], rest: str) -> list[Check]:
    """The checks with a name in ``shown`` and those that are not in order, then how many others are."""
    kept = [check for check in checks if check.name in shown or check.status != "ok"]
    return [*kept, Check(rest, "ok", f"{len(checks) - len(kept)} in order")]


def check_memory(limit_bytes: int, available_bytes: int, workers: int) -> Check:
    """Whether one worker per core fits into what is free of the memory that this process may use."""
    text = f"{available_bytes / GIB:.1f} GiB free of {limit_bytes / GIB:.1f} GiB"
    if available_bytes < WORKER_MEMORY_BYTES:
        return Check("memory", "fail", text, "free some: one worker needs about 1 GiB")
    fitting = available_bytes // WORKER_MEMORY_BYTES
    if fitting < workers:
        return Check("memory", "warn", text, f"use {fitting} of the {workers} workers: each needs about 1 GiB")
    return Check("memory", "ok", text)


def check_shared_memory(free_bytes: int | None, memory_bytes: int) -> Check:
    """Check that Ray's object store fits into ``/dev/shm``; None where the system has none, such as macOS."""
    if free_bytes is None:
        return Check("shared memory", "ok", "no /dev/shm; Ray uses files")
    needed = min(int(OBJECT_STORE_SHARE * memory_bytes), OBJECT_STORE_SHARED_MEMORY_BYTES)
    text = f"{free_bytes / GIB:.2f} GiB free in /dev/shm"
    if free_bytes >= needed:
        return Check("shared memory", "ok", text)
    size = f"{needed / GIB:.1f} GiB"
    return Check("shared memory", "warn", text, f"Ray wants {size}, else it spills to disk: docker run --shm-size")


def nearest_existing(folder: Path) -> Path:
    """A folder, or the nearest of those above it that is there, as far as this user may see."""
    folders = (folder, *folder.parents)
    # Path.exists raises where a folder above may not be entered.
    return next((path for path in folders if os.path.exists(path)), Path("/"))  # noqa: PTH110


def check_disk(name: str, folder: Path) -> Check:
    """Check the free space of the file system that holds, or will hold, a folder."""
    existing = nearest_existing(folder)
    free = shutil.disk_usage(existing).free
    text = f"{free / GIB:.1f} GiB free at {folder}"
    return Check(name, "ok", text) if free >= DISK_BYTES else Check(name, "warn", text, "make room")


def nvidia_gpus() -> list[str] | str:
    """The GPUs that NVIDIA's driver reports, one line each, or in one line why it cannot."""
    if shutil.which("nvidia-smi") is None:
        return []
    return _run(["nvidia-smi", "--query-gpu=name,memory.total,driver_version", "--format=csv,noheader"], timeout_s=30)


def check_gpus(gpus: list[str] | str) -> Check:
    """Check the result of :func:`nvidia_gpus`; to have no GPU is no fault."""
    if isinstance(gpus, str):
        return Check("GPU", "warn", f"nvidia-smi: {gpus}", "repair the driver, or ignore it and use the CPU")
    return Check("GPU", "ok", "; ".join(gpus) or "none with an NVIDIA driver; models run on the CPU")


def check_tensorflow_devices(*, driver_has_gpus: bool) -> Check:
    """Check the devices of TensorFlow, which takes seconds: it is started in a process of its own."""
    program = "import tensorflow as tf; print(*(d.name for d in tf.config.list_physical_devices()), sep='\\n')"
    output = _run([sys.executable, "-c", program], timeout_s=300)
    if isinstance(output, str):
        return Check("TensorFlow devices", "fail", output, "reinstall tensorflow")
    shown = ", ".join(name.removeprefix("/physical_device:") for name in output)
    if driver_has_gpus and "GPU" not in shown:
        return Check("TensorFlow devices", "warn", f"{shown}, no GPU", "pip install 'tensorflow[and-cuda]'")
    return Check("TensorFlow devices", "ok", shown)


def check_weights(entry: CatalogueEntry, look: Callable[[str], Weights | None]) -> Check:
    """Check that a catalogue entry's weights are in the cache, whole.

    Args:
        entry: the weights.
        look: :meth:`~neuropose_ray.models.weights.WeightStore.cached`, or a stricter look.
    """
    name, pull = entry.source.name, f"neuropose-ray models pull {entry.source.name}"
    try:
        weights = look(name)
    except NeuroposeRayError as error:
        return Check(name, "fail", error.what, error.hint)
    if weights is not None:
        return Check(name, "ok", f"{weights.path} ({weights.sha256[:12]})")
    if entry.backend == "blazepose":
        return Check(name, "warn", "not fetched yet", f"{pull}, or let the first run fetch it")
    return Check(name, "ok", f"not fetched; if you want it: {pull}")


def check_ray(address: str | None, *, timeout_s: float = 3.0, current_cluster: Path = CURRENT_CLUSTER) -> Check:
    """Whether something listens at the address of the Ray cluster. No Ray is started or joined."""
    if address in (None, "", OWN_RAY):
        return Check("Ray cluster", "ok", "no address given; runs stay on this machine")
    try:
        endpoint = listening_endpoint(address, timeout_s=timeout_s, current_cluster=current_cluster)
    except EngineError as error:
        return Check("Ray cluster", "fail", f"{error.where}: {error.what}", error.hint)
    return Check("Ray cluster", "ok", f"{endpoint} answers")


def check_live_sources() -> Check:
    """Check that PyAV reads the cameras that live streams ask for; it is loaded in a process of its own."""
    program = (
        "import av; "
        "print(*sorted({'rtsp', 'hls', 'mpjpeg'} - {f.strip() for name in av.formats_available "
        "for f in name.split(',')}))"
    )
    output = _run([sys.executable, "-c", program], timeout_s=60)
    if isinstance(output, str):
        return Check("live sources", "warn", output, "pip install --force-reinstall av")
    missing = " ".join(output).strip()
    if missing:
        return Check(
            "live sources", "warn", f"PyAV lacks {missing}", "pip install --force-reinstall --only-binary av av"
        )
    return Check("live sources", "ok", "RTSP, MJPEG, HLS, files")


def check_store(name: str, url: str | None, *, timeout_s: float = 3.0) -> Check:
    """Check that something listens where a store of live streams is said to be; no password is sent or shown.

    Args:
        name: of the store.
        url: of Redis or PostgreSQL; None: files in the data folder.
        timeout_s: to wait for an answer.
    """
    if url is None:
        return Check(name, "ok", "files in the data folder")
    parts = urlsplit(url)
    scheme = parts.scheme.partition("+")[0]
    if scheme in ("sqlite", "unix"):
        return Check(name, "ok", f"{scheme}, on this machine")
    try:
        host, port = parts.hostname or "localhost", parts.port or _STORE_PORTS.get(scheme, 0)
        socket.create_connection((host, port), timeout=timeout_s).close()
    except (OSError, ValueError) as error:
        return Check(name, "fail", f"{scheme}: {error}", "start it, or correct service.live.stores")
    return Check(name, "ok", f"{scheme} listens at {host}:{port}")


def check_environment(environment: Mapping[str, str], known: Collection[str]) -> Check:
    """Check that every ``NEUROPOSE_`` variable is a setting: a misspelt one would be without effect."""
    own = sorted(name for name in environment if name.upper().startswith("NEUROPOSE_"))
    unknown = [name for name in own if name.upper() not in known and not is_neuropose_variable(name)]
    if unknown:
        return Check("environment", "warn", f"no such settings: {', '.join(unknown)}", "correct or unset them")
    return Check("environment", "ok", ", ".join(own) or "no NEUROPOSE_ variables")


def setting_variables(settings: type[BaseModel], prefix: str = "NEUROPOSE_") -> frozenset[str]:
    """The environment variables that a settings class reads, nested groups joined by two underscores."""
    names: set[str] = set()
    for name, field in settings.model_fields.items():
        variable = f"{prefix}{name}".upper()
        names.add(variable)
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
            names |= setting_variables(field.annotation, f"{variable}__")
    return frozenset(names)


def _run(command: list[str], timeout_s: float) -> list[str] | str:
    """The lines that a program prints, or in one line why it failed."""
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, errors="replace", timeout=timeout_s, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return str(error)
    if done.returncode:
        lines = (done.stderr + done.stdout).strip().splitlines()
        return lines[-1] if lines else f"exit code {done.returncode}"
    return done.stdout.strip().splitlines()
