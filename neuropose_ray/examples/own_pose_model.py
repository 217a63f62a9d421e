"""A pose model of one's own: what the pipeline asks of it, and a run with it.

The model here needs no weights: it takes the largest thing that moves before a still background for a person who
stands upright (Z. Zivkovic, "Improved adaptive Gaussian mixture model for background subtraction", ICPR 2004), and
gives the person three joints. A network of your own takes its place::

    python -m neuropose_ray.examples.own_pose_model walk.mp4 --out results
"""

# ruff: noqa: T201  (an example prints)

from __future__ import annotations

import argparse
import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

import neuropose_ray
from neuropose_ray.models import ModelInfo
from neuropose_ray.schemas.camera import Camera
from neuropose_ray.schemas.poses import Frame, Poses
from neuropose_ray.schemas.skeleton import Skeleton

SKELETON = Skeleton(name="upright_3", joint_names=("head", "middle", "feet"), edges=((0, 1), (1, 2)))


@dataclass(frozen=True, slots=True)
class SilhouetteSpec:
    """The model before it is loaded: small enough to travel to every worker, which calls :meth:`load`.

    Attributes:
        height_m: height of the person, which gives the distance from the camera.
        min_share: share of the picture below which nothing is taken for a person.
    """

    height_m: float = 1.7
    min_share: float = 0.005

    name = "silhouette"
    #: Digest of the weights; of a file of weights: of its bytes.
    sha256 = hashlib.sha256(b"none").hexdigest()
    #: Assumed of a camera of which nothing is known.
    field_of_view_degrees = 67.0
    #: Of the CPU, for each loaded model.
    threads = 1
    device = "cpu"
    #: The background is learned anew so often, by however many workers a video is shared.
    session_frames = 256

    def fingerprint(self) -> str:
        """All that changes the numbers: with another fingerprint, finished results are computed again."""
        return f"{self.name} {self.sha256} {self.height_m} {self.min_share}"

    def load(self) -> SilhouetteModel:
        """The model in memory, once in each worker."""
        return SilhouetteModel(self)


class SilhouetteModel:
    """The model, ready to run; no two threads share it."""

    #: Frames that a call to ``predict`` gets.
    batch_size = 16

    def __init__(self, spec: SilhouetteSpec) -> None:
        self._spec = spec
        self.info = ModelInfo(
            name=spec.name,
            sha256=spec.sha256,
            filename="none",
            skeleton=SKELETON,
            runtime=f"OpenCV {cv2.__version__}",
            device=spec.device,
            settings=json.dumps(asdict(spec)),
        )

    def session(self, camera: Camera, first_frame: int = 0) -> SilhouetteSession:  # noqa: ARG002  the protocol's
        """A start on consecutive frames of one camera."""
        return SilhouetteSession(self._spec, camera)


class SilhouetteSession:
    """The model on consecutive frames; what it learns of the background stays here."""

    def __init__(self, spec: SilhouetteSpec, camera: Camera) -> None:
        self._spec, self._camera = spec, camera
        self._background = cv2.createBackgroundSubtractorMOG2(detectShadows=False)

    def predict(self, frames: Sequence[Frame]) -> Poses:
        """The person in each of the next frames, ``(height, width, 3)`` uint8 RGB; frames without one have no row."""
        boxes = [self._box(frame) for frame in frames]
        shown = [index for index, box in enumerate(boxes) if box is not None]
        if not shown:
            return Poses.empty(len(SKELETON))
        left, top, width, height = np.array([box for box in boxes if box is not None], np.float64).T
        ys = (top, top + height / 2, top + height)
        pixels = np.stack([np.stack([left + width / 2, y], axis=-1) for y in ys], axis=1)
        scores = np.ones((len(shown), len(SKELETON)), np.float32)
        return Poses(
            frame=np.array(shown, np.int64),
            boxes=np.stack([left, top, width, height, scores[:, 0]], axis=1).astype(np.float32),
            poses2d=pixels.astype(np.float32),
            poses3d=self._in_space(pixels, height).astype(np.float32),
            joint_scores=scores,
        )

    def _box(self, frame: Frame) -> tuple[int, int, int, int] | None:
        """Left, top, width and height in pixels of the largest thing that moves."""
        moving = cv2.medianBlur(self._background.apply(frame), 5)
        # Clothes of the background's colour part a person: what lies close together, mostly above each other, is one.
        across, along = moving.shape[1] // 20, moving.shape[0] // 5
        padded = cv2.copyMakeBorder(moving, along, along, across, across, cv2.BORDER_CONSTANT)
        whole = cv2.morphologyEx(padded, cv2.MORPH_CLOSE, np.ones((along, across), np.uint8))
        moving = whole[along:-along, across:-across]
        _, _, boxes, _ = cv2.connectedComponentsWithStats(moving)
        # The first component is the background, and all that moves in a first frame is the frame itself.
        sizes = boxes[1:, cv2.CC_STAT_AREA] / moving.size
        if not len(sizes) or not self._spec.min_share <= sizes.max() < 0.5:
            return None
        left, top, width, height = boxes[1 + sizes.argmax(), : cv2.CC_STAT_AREA].tolist()
        return left, top, width, height

    def _in_space(self, pixels: NDArray[np.float64], height_px: NDArray[np.float64]) -> NDArray[np.float64]:
        """Millimetres ``(n, joints, 3)``, camera axes: the height in the picture gives the distance."""
        camera = self._camera
        depth = (1000 * self._spec.height_m * camera.focal_y / height_px)[:, None, None]
        rays = (pixels - [camera.centre_x, camera.centre_y]) / [camera.focal_x, camera.focal_y]
        return np.concatenate([rays * depth, np.broadcast_to(depth, (*rays.shape[:2], 1))], axis=-1)


def own_pose_model(video: Path, out: Path) -> None:
    """Follow the person in a video with the model above, and print how far away they are at the start and the end.

    Args:
        video: any file that `neuropose-ray process` takes, of a camera that stands still.
        out: folder for the results.
    """
    summary = neuropose_ray.process(video, out, model=SilhouetteSpec())
    print(summary)
    if summary.all_well:
        predictions = neuropose_ray.read(out / summary.videos[0].name)
        print(predictions)
        depth_m = predictions.to_numpy()[:, SKELETON.index("feet"), 2] / 1000
        quarter = len(depth_m) // 4
        first, last = np.nanmedian(depth_m[:quarter]), np.nanmedian(depth_m[-quarter:])
        print(f"from {first:.1f} m to {last:.1f} m before the camera")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        description=own_pose_model.__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("video", type=Path)
    parser.add_argument("--out", type=Path, default=Path("results"))
    own_pose_model(**vars(parser.parse_args()))
