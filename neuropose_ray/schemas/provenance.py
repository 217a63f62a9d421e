"""What made a set of numbers: weights, software, settings, input."""

from __future__ import annotations

import platform
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from types import MappingProxyType

from pydantic import Field

from neuropose_ray import __version__
from neuropose_ray.schemas.immutable import FrozenJson, FrozenMapping, FrozenModel

#: The packages whose versions can change the numbers.
_RECORDED_PACKAGES = (
    "ai-edge-litert", "av", "numpy", "opencv-python-headless", "pyarrow", "ray", "scipy", "tensorflow",
)  # fmt: skip

#: The fields that a reader of NeuroPose's version 2 accepts; it refuses any other.
NEUROPOSE_PROVENANCE_FIELDS = (
    "model_sha256", "model_filename", "tensorflow_version", "tensorflow_metal_version", "numpy_version",
    "neuropose_version", "python_version", "seed", "deterministic", "analysis_config",
)  # fmt: skip


class Provenance(FrozenModel):
    """Where predictions come from, so that they can be made again.

    The first ten fields are NeuroPose's, with its names and meanings; the others are null or empty in files that
    NeuroPose wrote.
    """

    model_sha256: str = Field(description="SHA-256 of the weights, hexadecimal")
    model_filename: str
    tensorflow_version: str = Field(description='"unknown" where the model did not run on TensorFlow')
    tensorflow_metal_version: str | None = None
    numpy_version: str
    neuropose_version: str = Field(description='this package writes "neuropose-ray" before its version')
    python_version: str = Field(description="major.minor.patch")
    seed: int | None = None
    deterministic: bool = False
    analysis_config: FrozenJson | None = Field(default=None, description="the whole configuration of an analysis")

    model_name: str | None = None
    runtime: str | None = Field(default=None, description="what executed the model")
    device: str | None = None
    skeleton: str | None = Field(default=None, description="the skeleton's name")
    video_sha256: str | None = Field(default=None, description="SHA-256 of the input's content, hexadecimal")
    settings: FrozenJson = Field(default={}, validate_default=True, description="all that changes the numbers")
    package_versions: FrozenMapping[str, str] = Field(default={}, validate_default=True)
    created_at: datetime | None = Field(default=None, description="UTC")

    @classmethod
    def record(
        cls,
        *,
        model_name: str,
        model_sha256: str,
        model_filename: str,
        runtime: str,
        device: str,
        skeleton: str,
        video_sha256: str,
        settings: FrozenJson,
    ) -> Provenance:
        """Complete what the caller knows with the versions installed here and the time.

        ``tensorflow_version`` is recorded where ``runtime`` starts with "tensorflow", and "unknown" elsewhere.
        """
        versions = installed_versions()
        on_tensorflow = runtime.lower().startswith("tensorflow")
        return cls(
            model_sha256=model_sha256,
            model_filename=model_filename,
            tensorflow_version=versions.get("tensorflow", "unknown") if on_tensorflow else "unknown",
            numpy_version=versions["numpy"],
            neuropose_version=f"neuropose-ray {__version__}",
            python_version=platform.python_version(),
            model_name=model_name,
            runtime=runtime,
            device=device,
            skeleton=skeleton,
            video_sha256=video_sha256,
            settings=settings,
            package_versions=versions,
            created_at=datetime.now(UTC),
        )


@cache
def installed_versions() -> Mapping[str, str]:
    """The versions of the packages that can change the numbers, of those that are installed."""
    # Kept for the life of the process: to read them takes 30 ms, more than all else that a short chunk costs.
    versions: dict[str, str] = {}
    for package in _RECORDED_PACKAGES:
        try:
            versions[package] = version(package)
        except PackageNotFoundError:
            continue
    return MappingProxyType(versions)
