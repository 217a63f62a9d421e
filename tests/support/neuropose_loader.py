"""How NeuroPose 0.1 reads its files: its schemas, its versions and its migrations, restated from its specification.

Unknown fields are refused at every level, null where a number belongs is refused, and NaN and Infinity are taken,
since Python's JSON reads them. How many joints and values there are is not looked at.
"""

import json
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, RootModel, TypeAdapter, model_validator

CURRENT_VERSION = 2
Count = Annotated[int, Field(ge=0)]
Amount = Annotated[float, Field(ge=0)]


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, protected_namespaces=())


class NeuroPoseProvenance(Strict):
    model_sha256: str
    model_filename: str
    tensorflow_version: str
    tensorflow_metal_version: str | None = None
    numpy_version: str
    neuropose_version: str
    python_version: str
    seed: int | None = None
    deterministic: bool = False
    analysis_config: dict | None = None


class NeuroPoseMetadata(Strict):
    frame_count: Count
    fps: Amount
    width: Count
    height: Count


class NeuroPoseFrame(Strict):
    boxes: list[list[float]]
    poses3d: list[list[list[float]]]
    poses2d: list[list[list[float]]]


class JointAxis(Strict):
    kind: Literal["joint_axis"]
    joint: Count
    axis: Annotated[int, Field(ge=0, le=2)]
    invert: bool = False


class JointPairDistance(Strict):
    kind: Literal["joint_pair_distance"]
    joints: tuple[Count, Count]

    @model_validator(mode="after")
    def _distinct(self):
        assert self.joints[0] != self.joints[1]
        return self


class JointSpeed(Strict):
    kind: Literal["joint_speed"]
    joint: Count


class JointAngle(Strict):
    kind: Literal["joint_angle"]
    triplet: tuple[Count, Count, Count]


class SegmentationConfig(Strict):
    extractor: Annotated[JointAxis | JointPairDistance | JointSpeed | JointAngle, Field(discriminator="kind")]
    person_index: Count = 0
    min_distance_seconds: Amount | None = None
    min_prominence: float | None = None
    min_height: float | None = None
    pad_seconds: Amount = 0.0
    method: Literal["valley_to_valley_v1"] = "valley_to_valley_v1"


class Segment(Strict):
    start: Count
    end: Annotated[int, Field(gt=0)]
    peak: int

    @model_validator(mode="after")
    def _ordered(self):
        assert self.start <= self.peak < self.end
        return self


class Segmentation(Strict):
    config: SegmentationConfig
    segments: list[Segment]


class NeuroPoseVideo(Strict):
    schema_version: Literal[2]
    metadata: NeuroPoseMetadata
    frames: dict[str, NeuroPoseFrame]
    segmentations: dict[str, Segmentation] = {}
    provenance: NeuroPoseProvenance | None = None


class NeuroPoseResults(RootModel[dict[str, NeuroPoseVideo]]):
    """results.json as the daemon writes it."""


class PerformanceMetrics(Strict):
    model_load_seconds: Amount | None = None
    total_seconds: Amount
    per_frame_latencies_ms: list[float]
    peak_rss_mb: Amount
    active_device: str
    tensorflow_metal_active: bool = False
    tensorflow_version: str


class BenchmarkAggregate(Strict):
    repeats_measured: Count
    warmup_frames_per_pass: Count
    mean_frame_latency_ms: Amount
    p50_frame_latency_ms: Amount
    p95_frame_latency_ms: Amount
    p99_frame_latency_ms: Amount
    stddev_frame_latency_ms: Amount
    mean_throughput_fps: Amount
    peak_rss_mb_max: Amount
    active_device: str
    tensorflow_metal_active: bool
    tensorflow_version: str


class CpuComparison(Strict):
    primary_aggregate: BenchmarkAggregate
    cpu_aggregate: BenchmarkAggregate
    speedup: Amount
    max_poses3d_divergence_mm: Amount
    frame_count_compared: Count


class NeuroPoseBenchmarkResult(Strict):
    schema_version: Literal[2]
    video_name: str
    repeats: Annotated[int, Field(ge=1)]
    warmup_frames: Count
    warmup_pass: PerformanceMetrics
    measured_passes: list[PerformanceMetrics]
    aggregate: BenchmarkAggregate
    cpu_comparison: CpuComparison | None = None
    provenance: NeuroPoseProvenance | None = None


class StatusEntry(Strict):
    status: Literal["processing", "completed", "failed"]
    started_at: str
    completed_at: str | None = None
    results_path: str | None = None
    error: str | None = None
    current_video: str | None = None
    frames_processed: Count | None = None
    frames_total: Count | None = None
    videos_completed: Count | None = None
    videos_total: Count | None = None
    percent_complete: Annotated[float, Field(ge=0, le=100)] | None = None
    last_update: str | None = None


STATUS = TypeAdapter(dict[str, StatusEntry])


def load_video_predictions(path):
    return NeuroPoseVideo.model_validate(_migrated(json.loads(path.read_text("utf-8"))))


def load_job_results(path):
    payload = json.loads(path.read_text("utf-8"))
    return NeuroPoseResults.model_validate({name: _migrated(video) for name, video in payload.items()}).root


def load_benchmark_result(path):
    return NeuroPoseBenchmarkResult.model_validate(_migrated(json.loads(path.read_text("utf-8"))))


def save(path, record):
    """Write as NeuroPose writes: two spaces, and NaN as NaN."""
    dumped = {name: value.model_dump() for name, value in record.items()} if isinstance(record, dict) else None
    path.write_text(json.dumps(dumped if dumped is not None else record.model_dump(), indent=2), "utf-8")


def _migrated(payload):
    version = payload.get("schema_version", 1)
    assert isinstance(version, int), version
    assert 1 <= version <= CURRENT_VERSION, version
    return {"provenance": None} | payload | {"schema_version": CURRENT_VERSION}
