"""A pose model of known cost, and videos that cost next to nothing to decode.

What a run over them takes beyond that cost is the engine's own work.
"""

from __future__ import annotations

import hashlib
import tempfile
import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from neuropose_ray.models import ModelInfo
from neuropose_ray.schemas.atomic import atomic_path
from neuropose_ray.schemas.camera import Camera
from neuropose_ray.schemas.poses import Frame, Poses
from neuropose_ray.schemas.skeletons import BLAZEPOSE_33
from neuropose_ray.video import VideoWriter

if TYPE_CHECKING:
    from av.packet import Packet
    from av.stream import Stream
    from av.video.stream import VideoStream

NAME = "synthetic"
#: Frames from one keyframe of a synthetic video to the next; chunks of so many frames start at one.
SCENE_FRAMES = 32
#: Scenes that are encoded; longer videos repeat them.
ENCODED_SCENES = 16
#: Pixels of a side: about as few as encoders and decoders take for granted.
SIDE = 64
_FPS = 30
#: Hashed in 0.1 to 0.2 ms.
_BLOCK = bytes(1 << 15)


@dataclass(frozen=True, slots=True)
class SyntheticSpec:
    """A pose model that spends a known time of one core on every frame and sees one person in it.

    The time is the thread's CPU time: other processes make the frame take longer but not cost more. It is spent in
    hashing, which lets Python's global lock go as the networks of real pose models do. The model remembers nothing
    from frame to frame.

    Attributes:
        frame_ms: CPU time of a frame, milliseconds.
        batch_size: frames of a call; BlazePose's.
    """

    frame_ms: float = 5.0
    batch_size: int = 8

    @property
    def name(self) -> str:
        """The name of the backend."""
        return NAME

    @property
    def sha256(self) -> str:
        """There are no weights; what stands for them identifies the model."""
        return hashlib.sha256(self.fingerprint().encode()).hexdigest()

    @property
    def field_of_view_degrees(self) -> float:
        """The assumed horizontal field of view; a right angle makes the focal length half the width."""
        return 90.0

    @property
    def threads(self) -> int:
        """CPU threads that one loaded model keeps busy."""
        return 1

    @property
    def device(self) -> str:
        """Device of a loaded model."""
        return "cpu"

    @property
    def session_frames(self) -> None:
        """Every frame is predicted by itself."""
        return

    def fingerprint(self) -> str:
        """All that identifies the numbers this model gives; its cost changes none."""
        return f"{NAME} 1"

    def load(self) -> SyntheticModel:
        """There is nothing to load."""
        return SyntheticModel(self)


class SyntheticModel:
    """A "loaded" synthetic model, which is its own session."""

    def __init__(self, spec: SyntheticSpec) -> None:
        self._spec = spec
        self.batch_size = spec.batch_size

    @property
    def info(self) -> ModelInfo:
        """The model's identity, as provenance records it."""
        return ModelInfo(
            name=NAME,
            sha256=self._spec.sha256,
            filename="",
            skeleton=BLAZEPOSE_33,
            runtime="hashlib",
            device="cpu",
            settings=f'{{"frame_ms": {self._spec.frame_ms}}}',
        )

    def session(self, camera: Camera, first_frame: int = 0) -> SyntheticModel:  # noqa: ARG002  the protocol's
        """Begin with consecutive frames; all sessions are alike."""
        return self

    def predict(self, frames: Sequence[Frame]) -> Poses:
        """One upright person in each frame, at a position and depth that follow the colours of its middle row."""
        begin_s = time.thread_time()
        colours = np.stack([frame[len(frame) // 2].mean(axis=0) for frame in frames])
        poses = _persons(colours, frames[0].shape[1], frames[0].shape[0])
        spend(self._spec.frame_ms * len(frames), begin_s)
        return poses


def spend(milliseconds: float, begin_s: float) -> None:
    """Keep one core busy until this thread has used so much CPU time since ``time.thread_time()`` was ``begin_s``."""
    while time.thread_time() < begin_s + milliseconds / 1000:
        hashlib.sha256(_BLOCK).digest()


def write_synthetic_video(path: Path, scenes: int) -> None:
    """Write a small H.264 video of ``scenes`` times ``SCENE_FRAMES`` frames; every scene starts with a keyframe.

    The pictures of a scene differ from each other. Scenes repeat after ``ENCODED_SCENES``: their packets are
    copied, which is many times as fast as to encode them again.

    Raises:
        OutputError: no space or no permission.
    """
    import av

    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="neuropose_ray_synthetic_")))
        sources = []
        for number in range(min(scenes, ENCODED_SCENES)):
            _write_scene(folder / f"{number}.mp4", number)
            sources.append(stack.enter_context(av.open(str(folder / f"{number}.mp4"))))
        packets = [[packet for packet in source.demux(video=0) if packet.dts is not None] for source in sources]
        temporary = stack.enter_context(atomic_path(path))
        with av.open(str(temporary), "w", format="mp4") as copy:
            target = copy.add_stream_from_template(sources[0].streams.video[0])
            for scene in range(scenes):
                for packet in packets[scene % len(packets)]:
                    copy.mux(_shifted(packet, scene * SCENE_FRAMES, target))


def _shifted(packet: Packet[VideoStream], frames: int, target: VideoStream) -> Packet[Stream]:
    """A copy of a packet for another position of another video."""
    import av

    copy = av.Packet(bytes(packet))
    delay = round(frames / (_FPS * packet.time_base))
    copy.pts, copy.dts = (packet.pts or 0) + delay, (packet.dts or 0) + delay
    copy.time_base = packet.time_base
    copy.is_keyframe, copy.stream = packet.is_keyframe, target
    return copy


def _write_scene(path: Path, number: int) -> None:
    blocks = np.random.default_rng(number).integers(0, 256, (SIDE // 8, SIDE // 8, 3), np.uint8)
    picture = np.repeat(np.repeat(blocks, 8, axis=0), 8, axis=1)
    with VideoWriter(path, width=SIDE, height=SIDE) as writer:
        for index in range(SCENE_FRAMES):
            picture[:, index] = 255  # each frame has a mean colour of its own
            writer.write(picture, index / _FPS)


def _persons(colours: NDArray[np.float64], width: int, height: int) -> Poses:
    """One row for each of ``(n, 3)`` mean colours: a figure whose root moves by a millimetre for a grey level."""
    count, joints = len(colours), len(BLAZEPOSE_33)
    angles = np.linspace(0, 2 * np.pi, joints, endpoint=False)
    figure = np.stack([200 * np.sin(angles), -800 * np.cos(angles), 50 * np.sin(2 * angles)], axis=-1)
    poses3d = figure + [0, 0, 3000] + colours[:, None, :]
    focal = width / 2
    poses2d = focal * poses3d[..., :2] / poses3d[..., 2:] + [width / 2, height / 2]
    low, high = poses2d.min(axis=1), poses2d.max(axis=1)
    boxes = np.concatenate([low, high - low, np.ones((count, 1))], axis=1)
    return Poses(
        frame=np.arange(count),
        boxes=boxes.astype(np.float32),
        poses2d=poses2d.astype(np.float32),
        poses3d=poses3d.astype(np.float32),
        joint_scores=np.ones((count, joints), np.float32),
    )
