"""What the parts of the service ask a replica of the pose model for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from neuropose_ray.errors import NeuroposeRayError
from neuropose_ray.pipeline import ChunkRef


@dataclass(frozen=True, slots=True)
class FrameRequest:
    """Some pictures in which to find people.

    Attributes:
        pictures: encoded as JPEG, PNG, WebP or BMP.
        consecutive: of one camera, one after the other: the model may follow people from each to the next.
        timestamps_s: one for each picture; they come back with the results.
        field_of_view_degrees: over the longer side of the pictures; None for the pose model's default.
        model: the pose model's name; None for the usual one.
        names: the file names of the pictures, which errors then say; empty where they have none.
        uris: where the pictures lie that were named instead of sent, by their places; their bytes are empty until
            they are read.
        faults: why pictures could not be read, by their places.
    """

    pictures: tuple[bytes, ...]
    consecutive: bool = False
    timestamps_s: tuple[float, ...] | None = None
    field_of_view_degrees: float | None = None
    model: str | None = None
    names: tuple[str, ...] = ()
    uris: Mapping[int, str] = field(default_factory=dict)
    faults: Mapping[int, NeuroposeRayError] = field(default_factory=dict)

    def name_of(self, index: int) -> str:
        """What errors call a picture: "picture 2 (knee.png)"."""
        name = self.names[index] if index < len(self.names) else ""
        return f"picture {index} ({name})" if name else f"picture {index}"


@dataclass(frozen=True, slots=True)
class ChunkCall:
    """One chunk of a job's video.

    Attributes:
        out: output folder of the run that the chunk belongs to.
        chunk: which; the video's plan and the tries of the chunk are in ``out``.
        run: names the run of the engine, which outlives the death of a replica.
        fingerprint: of the pose model that the run was planned for.
        decode_threads: of the chunk's decoder.
        max_attempts: tries of the chunk, also over deaths of replicas.
    """

    out: Path
    chunk: ChunkRef
    run: str
    fingerprint: str
    decode_threads: int
    max_attempts: int
