"""BVH motion capture as the 16 joints of the prior."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from neuropose_ray.errors import FileFormatError
from neuropose_ray.schemas.skeleton import LANDMARKS

Array = NDArray[np.float64]

#: Metres of a thigh and shank together, to which a skeleton of any unit is scaled.
_LEG_M = 0.80
#: Names of a part in the skeletons of motion capture, in lower case without prefix; {side} is left or
#: right, {s} is l or r.
_NAMES: Mapping[str, tuple[str, ...]] = {
    "hip": ("{side}upleg", "{side}hip", "{side}thigh", "{s}hip", "{s}thigh"),
    "knee": ("{side}leg", "{side}knee", "{side}shin", "{s}knee", "{s}shin"),
    "ankle": ("{side}foot", "{side}ankle", "{s}foot", "{s}ankle"),
    "shoulder": ("{side}arm", "{side}uparm", "{side}upperarm", "{s}shldr", "{s}upperarm"),
    "elbow": ("{side}forearm", "{side}lowarm", "{side}elbow", "{s}forearm"),
    "wrist": ("{side}hand", "{side}wrist", "{s}hand"),
    "toe": ("{side}toebase", "{side}toe", "{s}toe"),
}
#: Rest poses whose knees and elbows are bent, as in releases of the CMU collection, bend all of the movement: these
#: bones are laid in line with the ones before.
_STRAIGHT = (("hip", "knee", "ankle"), ("shoulder", "elbow", "wrist"))


@dataclass
class _Node:
    name: str
    parent: int
    offset: Array
    channels: tuple[str, ...] = ()


def read_bvh(path: Path, rate: float) -> NDArray[np.float32]:
    """``(frames, 16, 3)`` metres, y up, ``rate`` frames a second, joints in the order of ``LANDMARKS``.

    Raises:
        FileFormatError: it is no BVH file, or has no legs and arms under the usual names.
    """
    try:
        words = iter(path.read_text("utf-8", errors="replace").split())
        nodes = _hierarchy(words)
        interval, values = _motion(words)
        places = _places(nodes)
    except (OSError, ValueError, StopIteration, IndexError) as error:
        raise FileFormatError(f"not a BVH file of a person ({error})", where=str(path)) from error
    if values.shape[1] != sum(len(node.channels) for node in nodes) or interval <= 0 or not len(values):
        raise FileFormatError("its motion does not fit its hierarchy", where=str(path))
    _straighten(nodes, places)
    positions = _positions(nodes, values)
    joints = np.stack([_joint(positions, nodes, places, name) for name in LANDMARKS], axis=1)
    leg = np.linalg.norm(joints[:, 0] - joints[:, 2], axis=-1) + np.linalg.norm(joints[:, 2] - joints[:, 4], axis=-1)
    joints *= _LEG_M / max(float(np.median(leg)), 1e-9)
    times = np.arange(len(joints)) * interval
    wanted = np.arange(int(times[-1] * rate) + 1) / rate
    flat = joints.reshape(len(joints), -1)
    even = np.stack([np.interp(wanted, times, column) for column in flat.T], axis=1)
    return even.reshape(-1, len(LANDMARKS), 3).astype(np.float32)


def _hierarchy(words: Iterator[str]) -> list[_Node]:
    if next(words) != "HIERARCHY":
        raise ValueError("it does not begin with HIERARCHY")
    nodes: list[_Node] = []
    open_nodes: list[int] = []
    for word in words:
        if word in ("ROOT", "JOINT", "End"):
            name = next(words)
            if word == "End":
                name = f"{nodes[open_nodes[-1]].name} end"
            nodes.append(_Node(name, open_nodes[-1] if open_nodes else -1, np.zeros(3)))
        elif word == "{":
            open_nodes.append(len(nodes) - 1)
        elif word == "}":
            open_nodes.pop()
        elif word == "OFFSET":
            nodes[-1].offset = np.array([float(next(words)) for _ in range(3)])
        elif word == "CHANNELS":
            nodes[-1].channels = tuple(next(words) for _ in range(int(next(words))))
        elif word == "MOTION":
            return nodes
        else:
            raise ValueError(f"unknown word {word!r}")
    raise ValueError("it has no MOTION")


def _motion(words: Iterator[str]) -> tuple[float, Array]:
    """Seconds between frames, and ``(frames, channels)``."""
    if next(words) != "Frames:":
        raise ValueError("no number of frames")
    frames = int(next(words))
    if (next(words), next(words)) != ("Frame", "Time:"):
        raise ValueError("no frame time")
    interval = float(next(words))
    values = np.array([float(word) for word in words])
    return interval, values.reshape(frames, -1)


def _places(nodes: list[_Node]) -> dict[str, int]:
    """The node of each landmark but heels, which BVH skeletons have not."""
    plain = {
        node.name.lower().rsplit(":")[-1].replace("_", ""): index for index, node in reversed([*enumerate(nodes)])
    }
    places = {}
    for landmark in LANDMARKS:
        side, part = landmark.split("_")
        if part == "heel":
            continue
        names = [name.format(side=side, s=side[0]) for name in _NAMES[part]]
        found = next((plain[name] for name in names if name in plain), None)
        if found is None:
            raise ValueError(f"no joint for the {side} {part}")
        places[landmark] = found
    return places


def _straighten(nodes: list[_Node], places: Mapping[str, int]) -> None:
    for side in ("right", "left"):
        for _, middle, end in _STRAIGHT:
            upper, lower = nodes[places[f"{side}_{middle}"]], nodes[places[f"{side}_{end}"]]
            length = np.linalg.norm(upper.offset)
            if length > 0:
                lower.offset = upper.offset / length * np.linalg.norm(lower.offset)


def _positions(nodes: list[_Node], values: Array) -> Array:
    """``(frames, nodes, 3)`` in the file's unit."""
    positions = np.zeros((len(values), len(nodes), 3))
    turns: list[Rotation] = []
    column = 0
    for index, node in enumerate(nodes):
        channels = values[:, column : column + len(node.channels)]
        column += len(node.channels)
        moves = [i for i, name in enumerate(node.channels) if name.endswith("position")]
        spins = [i for i, name in enumerate(node.channels) if name.endswith("rotation")]
        local = node.offset
        if moves:
            shift = np.zeros((len(values), 3))
            shift[:, ["XYZ".index(node.channels[i][0]) for i in moves]] = channels[:, moves]
            local = shift if node.parent < 0 else shift + node.offset
        turn = Rotation.identity(len(values))
        if spins:
            order = "".join(node.channels[i][0] for i in spins)
            turn = Rotation.from_euler(order, channels[:, spins], degrees=True)
        if node.parent < 0:
            positions[:, index] = local
        else:
            whole = np.broadcast_to(local, (len(values), 3)).copy()  # SciPy takes no array that it could not write to
            positions[:, index] = positions[:, node.parent] + turns[node.parent].apply(whole)
            turn = turns[node.parent] * turn
        turns.append(turn)
    return positions


def _joint(positions: Array, nodes: list[_Node], places: Mapping[str, int], name: str) -> Array:
    """``(frames, 3)`` of a landmark; the toe is the tip of its bone, the heel lies behind and under the ankle."""
    side, part = name.split("_")
    if part == "heel":
        knee, ankle = (positions[:, places[f"{side}_{other}"]] for other in ("knee", "ankle"))
        toe = _tip(positions, nodes, places[f"{side}_toe"])
        shank = np.linalg.norm(ankle - knee, axis=-1, keepdims=True)
        down = (ankle - knee) / np.maximum(shank, 1e-9)
        forward = toe - ankle
        forward /= np.maximum(np.linalg.norm(forward, axis=-1, keepdims=True), 1e-9)
        return np.asarray(ankle + shank * (0.15 * down - 0.11 * forward))
    if part == "toe":
        return _tip(positions, nodes, places[name])
    return np.asarray(positions[:, places[name]])


def _tip(positions: Array, nodes: list[_Node], index: int) -> Array:
    """Where a node's first child is, or the node itself."""
    child = next((i for i, node in enumerate(nodes) if node.parent == index), index)
    return np.asarray(positions[:, child])
