"""Parts of what the service says of itself in numbers."""

from __future__ import annotations

from pydantic import Field

from neuropose_ray.schemas.immutable import FrozenModel
from neuropose_ray.schemas.job_names import StepKind


class PoseRequests(FrozenModel):
    """Requests for poses of pictures, since the HTTP interface was started."""

    ongoing: int = Field(default=0, description="that are being received or answered")
    answered: int = 0
    pictures: int = Field(default=0, description="in all requests that were read")
    mean_ms: float | None = Field(default=None, description="from the first byte to the answer; of those answered")
    errors: dict[str, int] = Field(
        default_factory=dict, description="of the others, by code", examples=[{"overloaded": 2}]
    )


class GpuMemory(FrozenModel):
    """Memory of a GPU of the machine that answers."""

    name: str
    used_bytes: int
    total_bytes: int


class SlowestStep(FrozenModel):
    """The kind of step that takes longest, of those that ended since the job manager was started."""

    kind: StepKind
    ended: int
    mean_s: float
    longest_s: float
