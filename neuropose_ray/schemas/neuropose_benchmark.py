"""Benchmarks in NeuroPose's version 2: what its loader takes, and what it wrote.

Its figures are among ours under the same names; ours beside them are not in its files.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, Field

from neuropose_ray.errors import FileFormatError
from neuropose_ray.schemas.benchmark import BENCHMARK_SCHEMA_VERSION, BenchmarkAggregate, BenchmarkResult
from neuropose_ray.schemas.immutable import FiniteFloat, FrozenModel, StrictInt, Utf8Str
from neuropose_ray.schemas.json_files import read_json, save_model, validated
from neuropose_ray.schemas.migrations import payload_version
from neuropose_ray.schemas.provenance import NEUROPOSE_PROVENANCE_FIELDS, Provenance

NEUROPOSE_BENCHMARK_VERSION: Final = 2

_Amount = Annotated[FiniteFloat, Field(ge=0)]
_Count = Annotated[StrictInt, Field(ge=0)]


class NeuroPosePass(FrozenModel):
    """One pass over a video, in seconds, milliseconds and MiB."""

    model_load_seconds: _Amount | None = None
    total_seconds: _Amount
    per_frame_latencies_ms: tuple[FiniteFloat, ...]
    peak_rss_mb: _Amount
    active_device: str
    tensorflow_metal_active: bool = False
    tensorflow_version: str


class NeuroPoseCpuComparison(FrozenModel):
    """The same passes on the CPU."""

    primary_aggregate: BenchmarkAggregate
    cpu_aggregate: BenchmarkAggregate
    speedup: _Amount
    max_poses3d_divergence_mm: _Amount
    frame_count_compared: _Count


class NeuroPoseProvenance(FrozenModel):
    """The fields of a provenance that NeuroPose's loader takes."""

    model_sha256: str
    model_filename: str
    tensorflow_version: str
    tensorflow_metal_version: str | None = None
    numpy_version: str
    neuropose_version: str
    python_version: str
    seed: int | None = None
    deterministic: bool = False
    analysis_config: dict[str, Any] | None = None


class NeuroPoseBenchmark(FrozenModel):
    """Several passes over one video, with NeuroPose's fields alone."""

    schema_version: Literal[2] = NEUROPOSE_BENCHMARK_VERSION
    video_name: Utf8Str
    repeats: Annotated[StrictInt, Field(ge=1)]
    warmup_frames: _Count
    warmup_pass: NeuroPosePass
    measured_passes: tuple[NeuroPosePass, ...]
    aggregate: BenchmarkAggregate
    cpu_comparison: NeuroPoseCpuComparison | None = None
    provenance: NeuroPoseProvenance | None = None


def neuropose_benchmark(result: BenchmarkResult) -> NeuroPoseBenchmark:
    """The figures of a benchmark that NeuroPose has too."""
    comparison = result.cpu_comparison
    return NeuroPoseBenchmark(
        video_name=result.video_name,
        repeats=result.repeats,
        warmup_frames=result.warmup_frames,
        warmup_pass=NeuroPosePass(**_shared(result.warmup_pass, NeuroPosePass)),
        measured_passes=tuple(NeuroPosePass(**_shared(single, NeuroPosePass)) for single in result.measured_passes),
        aggregate=result.aggregate,
        cpu_comparison=comparison and NeuroPoseCpuComparison(**_shared(comparison, NeuroPoseCpuComparison)),
        provenance=result.provenance and _provenance(result.provenance),
    )


def save_neuropose_benchmark(path: Path, result: BenchmarkResult) -> None:
    """Write a benchmark as NeuroPose's tools read it, atomically.

    Raises:
        OutputError: the file system refuses.
    """
    save_model(path, neuropose_benchmark(result))


def load_benchmark(path: Path) -> BenchmarkResult | NeuroPoseBenchmark:
    """A benchmark of this program, or one that NeuroPose wrote, of its version 1 or 2.

    Raises:
        InputNotFoundError: there is no such file.
        FileFormatError: it cannot be read, is not JSON, or not a benchmark's result.
        FutureSchemaError: a newer version wrote it.
    """
    payload = read_json(path)
    if not isinstance(payload, dict):
        raise FileFormatError("not a benchmark's result", where=str(path))
    if payload_version(payload, str(path)) == BENCHMARK_SCHEMA_VERSION:
        return validated(BenchmarkResult, payload, str(path))
    # Version 1 is the same without a provenance.
    present = {"provenance": None} | payload | {"schema_version": NEUROPOSE_BENCHMARK_VERSION}
    return validated(NeuroPoseBenchmark, present, str(path))


def _shared(record: BaseModel, kind: type[FrozenModel]) -> dict[str, Any]:
    return {name: getattr(record, name) for name in kind.model_fields}


def _provenance(provenance: Provenance) -> NeuroPoseProvenance:
    return NeuroPoseProvenance(**provenance.model_dump(mode="json", include=set(NEUROPOSE_PROVENANCE_FIELDS)))
