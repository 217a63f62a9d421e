"""OpenPose's output: a folder with one JSON file for each frame, BODY_25 keypoints."""

from __future__ import annotations

import re
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic_core import to_json

from neuropose_ray.errors import FileFormatError, InputNotFoundError
from neuropose_ray.formats.folders import atomic_folder
from neuropose_ray.formats.keypoints import BODY_25, positions_of_keypoints, require_keypoints, scores_of_keypoints
from neuropose_ray.formats.records import flat_triples
from neuropose_ray.schemas.header import PredictionsHeader
from neuropose_ray.schemas.json_text import parsed_json
from neuropose_ray.schemas.pose_blocks import frame_blocks
from neuropose_ray.schemas.poses import Poses, PoseTable
from neuropose_ray.schemas.skeleton import LANDMARKS, Skeleton

_KEYPOINTS = tuple(BODY_25.values())
_NAMES = {keypoint: name for name, keypoint in BODY_25.items()}
_BLOCK_FRAMES = 1024
_FRAME_FILES = "*_keypoints.json"
_FRAME_NUMBER = re.compile(r"(\d+)_keypoints\.json$")

#: OpenPose's BODY_25 under its own names; lines along the body, the toe is the big one.
BODY_25_SKELETON = Skeleton(
    name="openpose_body_25",
    joint_names=tuple(BODY_25),
    edges=(
        (1, 0), (1, 2), (2, 3), (3, 4), (1, 5), (5, 6), (6, 7), (1, 8), (8, 9), (9, 10), (10, 11), (8, 12), (12, 13),
        (13, 14), (0, 15), (15, 17), (0, 16), (16, 18), (14, 19), (19, 20), (14, 21), (11, 22), (22, 23), (11, 24),
    ),
    landmarks={landmark: _NAMES[landmark.replace("_toe", "_big_toe")] for landmark in LANDMARKS},
)  # fmt: skip


def write_openpose(folder: Path, table: PoseTable, header: PredictionsHeader) -> None:
    """Write a file ``VIDEO_000000000000_keypoints.json`` for every frame; the folder appears whole.

    For each person ``pose_keypoints_2d`` (x, y in px of the upright frame, score) and ``pose_keypoints_3d`` (x, y,
    z in mm, camera axes: x right, y down, z forward; fitted where it was fitted; score), 25 keypoints each. Neck and
    mid hip are the middles of shoulders and hips, big toe is the toe; a keypoint that the skeleton has not (small
    toes) or that is missing is all 0, OpenPose's sign for that. A score that is not known is 1. ``person_id`` is the
    track, -1 without one. A frame that shows nobody has an empty list of people.

    Args:
        folder: to be made; an earlier export there is replaced.
        table: the poses.
        header: their description.

    Raises:
        InputError: the skeleton has none of the keypoints.
        OutputError: the folder holds other files, or the file system refuses.
    """
    require_keypoints(header.skeleton, _KEYPOINTS, "BODY_25")
    stem = Path(header.metadata.filename).stem if header.metadata.filename else "video"
    with atomic_folder(folder, ours=_FRAME_FILES) as temporary:
        for first, block in frame_blocks(table, _BLOCK_FRAMES):
            people = _people_of(block, header.skeleton)
            starts = np.searchsorted(block.poses.frame, np.arange(block.frame_count + 1))
            for frame, (start, stop) in enumerate(pairwise(starts), first):
                file = temporary / f"{stem}_{frame:012d}_keypoints.json"
                file.write_bytes(to_json({"version": 1.3, "people": people[start:stop]}))


def read_openpose(folder: Path, *, fps: float) -> PoseTable:
    """Read a folder that this program or OpenPose wrote with its model BODY_25.

    A keypoint that is all 0 is missing. 3D keypoints are taken where there are any; boxes are those around the
    keypoints, and their score is the mean of the known keypoints' scores. People have tracks where each has a
    ``person_id`` that is not negative.

    Args:
        folder: with one file for each frame, in the order of the numbers in their names; a number that is left out
            is a frame that shows nobody.
        fps: frames per second, which the files do not say.

    Returns:
        Poses of :data:`BODY_25_SKELETON`, NaN where missing; the time of the first frame is 0.

    Raises:
        InputNotFoundError: there is no such folder, or no frame in it.
        FileFormatError: a file is not OpenPose's, or has another number of keypoints.
    """
    numbered = ((_FRAME_NUMBER.search(file.name), file) for file in folder.glob(_FRAME_FILES))
    files = {int(match.group(1)): file for match, file in numbered if match}
    if not files:
        raise InputNotFoundError("there is no *_keypoints.json here", where=str(folder))
    first, last = min(files), max(files)
    rows: list[tuple[int, int, list[Any], list[Any]]] = []
    for number in sorted(files):
        rows += [(number - first, *person) for person in _people(files[number])]
    flat = _unpacked([row[2] for row in rows], 2)
    space = _unpacked([row[3] for row in rows], 3)
    known = np.isfinite(flat[..., 0])
    scores = np.where(known, flat[..., 2], np.where(np.isfinite(space[..., 0]), space[..., 3], np.nan))
    poses = Poses(
        frame=np.array([row[0] for row in rows], np.int64),
        boxes=_boxes_around(flat[..., :2], scores).astype(np.float32),
        poses2d=flat[..., :2].astype(np.float32),
        poses3d=space[..., :3].astype(np.float32),
        joint_scores=scores.astype(np.float32),
    )
    tracks = np.array([row[1] for row in rows], np.int32)
    is_tracked = len(tracks) > 0 and bool((tracks >= 0).all())
    return PoseTable(np.arange(last - first + 1) / fps, poses, tracks if is_tracked else None)


def _people_of(block: PoseTable, skeleton: Skeleton) -> list[dict[str, Any]]:
    """Everybody in consecutive frames, as the files have them."""
    poses = block.poses
    scores = np.nan_to_num(scores_of_keypoints(skeleton, poses.joint_scores, _KEYPOINTS), nan=1.0)
    flat = flat_triples(positions_of_keypoints(skeleton, poses.poses2d, _KEYPOINTS), scores)
    space = flat_triples(positions_of_keypoints(skeleton, block.best_poses3d(), _KEYPOINTS), scores)
    tracks = [-1] * len(poses) if block.track_ids is None else block.track_ids.tolist()
    return [_person(*values) for values in zip(tracks, flat, space, strict=True)]


def _person(track: int, flat: list[Any], space: list[Any]) -> dict[str, Any]:
    empty: list[float] = []
    return {
        "person_id": [track],
        "pose_keypoints_2d": flat,
        "face_keypoints_2d": empty,
        "hand_left_keypoints_2d": empty,
        "hand_right_keypoints_2d": empty,
        "pose_keypoints_3d": space,
        "face_keypoints_3d": empty,
        "hand_left_keypoints_3d": empty,
        "hand_right_keypoints_3d": empty,
    }


def _people(file: Path) -> list[tuple[int, list[Any], list[Any]]]:
    """Track, 2D and 3D numbers of everybody in a frame."""
    try:
        people = parsed_json(file.read_bytes())["people"]
        persons = []
        for person in people:
            flat, space = person["pose_keypoints_2d"], person.get("pose_keypoints_3d") or [0.0] * 4 * len(BODY_25)
            if len(flat) != 3 * len(BODY_25) or len(space) != 4 * len(BODY_25):
                raise ValueError(f"{len(flat) // 3} keypoints instead of BODY_25's {len(BODY_25)}")
            track = int(np.int32((person.get("person_id") or [-1])[0]))
            persons.append((track, _numbers(flat), _numbers(space)))
    except OSError as error:
        raise FileFormatError(f"cannot be read: {error.strerror}", where=str(file)) from error
    except (ValueError, LookupError, TypeError, AttributeError, OverflowError) as error:
        raise FileFormatError(f"not OpenPose's keypoints ({error})", where=str(file)) from error
    return persons


def _numbers(values: list[Any]) -> list[float]:
    numbers = np.array(values, np.float64)
    if numbers.ndim != 1:
        raise ValueError("keypoints are no list of numbers")
    flat: list[float] = numbers.tolist()
    return flat


def _unpacked(rows: list[list[Any]], axes: int) -> NDArray[np.float64]:
    """``(persons, keypoints, axes + 1)``, NaN where all of a keypoint is 0."""
    numbers = np.array(rows, np.float64).reshape(-1, len(BODY_25), axes + 1)
    return np.where((numbers == 0).all(-1, keepdims=True), np.nan, numbers)


def _boxes_around(places: NDArray[np.float64], scores: NDArray[np.float64]) -> NDArray[np.float64]:
    """Left, top, width, height and mean score ``(persons, 5)``, NaN for a person without a keypoint."""
    boxes = np.full((len(places), 5), np.nan)
    for row in np.flatnonzero(np.isfinite(places).all(-1).any(-1)):
        low, high = np.nanmin(places[row], 0), np.nanmax(places[row], 0)
        boxes[row] = [*low, *(high - low), np.nanmean(scores[row])]
    return boxes
