"""Walks whose truth is known."""

import csv
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from neuropose_ray.analysis.gait.records import GaitEvents
from neuropose_ray.analysis.motion import Motion
from neuropose_ray.formats.trc_reader import read_marker_table
from neuropose_ray.phantom.body import PHANTOM_SKELETON
from neuropose_ray.phantom.gait import Walking
from neuropose_ray.phantom.motions import Event
from neuropose_ray.phantom.motions import Motion as Movement
from neuropose_ray.phantom.scene import Person, PhantomCamera, Scene
from neuropose_ray.schemas.skeleton import Skeleton

Performed = tuple[Motion, tuple[Event, ...]]
SIDES_AND_PARTS = [(side, part) for side in ("left", "right") for part in ("hip", "knee", "ankle", "heel", "toe")]


@pytest.fixture(scope="session")
def perform() -> Callable[..., Performed]:
    """A phantom's true joints, as its camera sees them, and its true events."""

    def perform(
        movement: Movement | None = None,
        *,
        seconds: float = 5.0,
        frame_rate: float = 60.0,
        timestamps_s: np.ndarray | None = None,
        heading_deg: float = 0.0,
        **camera: float,
    ) -> Performed:
        times = np.arange(0, seconds, 1 / frame_rate) if timestamps_s is None else timestamps_s
        scene = Scene((Person(movement or Walking(), heading_deg=heading_deg),), PhantomCamera(**camera))
        truth = scene.truth(times, 1280, 720).persons[0]
        scores = np.ones(truth.joints3d_mm.shape[:2])
        return Motion("phantom", PHANTOM_SKELETON, times, truth.joints3d_mm, scores, True), truth.events

    return perform


@pytest.fixture(scope="session")
def walk(perform) -> Performed:
    """Five seconds of walking towards the camera."""
    return perform()


@pytest.fixture(scope="session")
def mocap_walk(test_data: Path) -> Motion:
    """The measured walk: metres, y up."""
    with (test_data / "opencap" / "walk_gt_joints.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    names = [f"{side}_{part}" for side, part in SIDES_AND_PARTS]
    positions = [
        [[float(row[f"{part}_{side[0]}_{axis}"]) * 1000 for axis in "xyz"] for side, part in SIDES_AND_PARTS]
        for row in rows
    ]
    skeleton = Skeleton(name="markers", joint_names=tuple(names), landmarks={name: name for name in names})
    times = np.array([float(row["time_s"]) for row in rows])
    return Motion("mocap", skeleton, times, np.array(positions), np.ones((len(rows), len(names))), True)


@pytest.fixture(scope="session")
def walk_on_plates(test_data: Path) -> Motion:
    """A walk over force plates, its joints made of markers: metres, y up."""
    table = read_marker_table(test_data / "gait" / "motion_capture_walk.trc")
    marker = {name: table.positions[:, column] for column, name in enumerate(table.names)}
    joints = {}
    for side, letter in (("left", "L"), ("right", "R")):
        joints[f"{side}_hip"] = 0.6 * marker[f"{letter}.ASIS"] + 0.4 * marker["S2"] - [0, 60, 0]
        joints |= {f"{side}_{part}": marker[f"{letter}.{part.title()}"] for part in ("knee", "ankle", "heel", "toe")}
    skeleton = Skeleton(name="markers", joint_names=tuple(joints), landmarks={name: name for name in joints})
    positions = np.stack(list(joints.values()), axis=1)
    return Motion("plates", skeleton, table.times_s, positions, np.ones(positions.shape[:2]), True)


@pytest.fixture(scope="session")
def errors_s() -> Callable[..., np.ndarray]:
    """Found minus true times of the true events between ``margin_s`` from both ends, each found exactly once."""

    def errors_s(found: GaitEvents, motion: Motion, true: tuple[Event, ...], margin_s: float = 0.3) -> np.ndarray:
        first, last = motion.timestamps_s[[0, -1]] + [margin_s, -margin_s]
        errors = []
        for event in true:
            near = [
                one.timestamp_s - event.timestamp_s
                for one in found.of(event.side, event.kind)
                if abs(one.timestamp_s - event.timestamp_s) < 0.2
            ]
            if first <= event.timestamp_s <= last:
                assert len(near) == 1, event
                errors += near
        assert len(found.events) <= len(true), "events were invented"
        return np.array(errors)

    return errors_s


@pytest.fixture(scope="session")
def with_positions() -> Callable[[Motion, np.ndarray], Motion]:
    """The same motion elsewhere."""
    return lambda motion, positions: replace(motion, positions=positions)
