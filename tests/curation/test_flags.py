"""Every planted fault is flagged, and no other frame is."""

import cv2
import numpy as np
import pytest
from curation.pictures import blurred, darkened, letterboxed, scene
from curation.recordings import REGISTRY, measured

from neuropose_ray.curation import (
    CurationSettings,
    Presence,
    complete_frames,
    find_duplicates,
    flag_masks,
    flags,
    hashes_of,
)

SETTINGS = CurationSettings()
FRAMES = 64


def flagged(pictures, numbers=None, settings=SETTINGS, chunk=7, presence=None):
    found = measured(pictures, numbers, chunk)
    hashes = hashes_of([found])
    duplicates = find_duplicates(
        hashes.hashes, hashes.sharpness, hashes.valid, hashes.thumbnails, settings.duplicates
    )
    table, idle = complete_frames(found, REGISTRY, settings, duplicates, presence=presence)
    frames = {}
    for frame, names in enumerate(table.column("flags").to_pylist()):
        for name in names:
            frames.setdefault(name, []).append(frame)
    return frames, table, idle


def planted():
    """Frames with a fault of every kind, and what must be flagged. Chunks of 8 begin at some of them."""
    pictures = [scene(seed, 180, 320) for seed in range(FRAMES)]
    pictures[8] = blurred(pictures[8], 8)
    pictures[15] = blurred(pictures[15], 8)
    pictures[20] = darkened(pictures[20])
    pictures[24] = np.where(pictures[24] > 120, 255, pictures[24]).astype(np.uint8)
    pictures[27] = np.clip(pictures[27].astype(int) + 120, 0, 250).astype(np.uint8)
    pictures[30] = pictures[5].copy()
    for frame in range(33, 48):
        pictures[frame] = pictures[32].copy()
    pictures[50] = None
    for frame in (54, 55):
        pictures[frame] = cv2.resize(pictures[frame], (200, 150))
    pictures[58] = np.zeros((180, 320), np.uint8)
    pictures[61] = letterboxed(pictures[61])
    numbers = [frame if frame < 60 else frame + 3 for frame in range(FRAMES)]
    expected = {
        "blurred": [8, 15],
        "dark": [20, 58],
        "clipped": [24, 58],
        "bright": [24, 27],
        "duplicate": [30, *range(33, 48)],
        "idle": list(range(32, 48)),
        "unreadable": [50],
        "size_change": [54, 56],
        "uniform": [20, 58],
        "after_gap": [60],
    }
    return pictures, numbers, expected


@pytest.mark.parametrize("chunk", [1, 8, 64])
def test_every_planted_fault_is_found_and_none_is_invented(chunk):
    pictures, numbers, expected = planted()
    frames, _, _ = flagged(pictures, numbers, chunk=chunk)
    assert frames == expected


def test_another_threshold_needs_the_table_alone():
    pictures, numbers, _ = planted()
    _, table, idle = flagged(pictures, numbers)
    stored = table.drop_columns(["flags"])
    strict = CurationSettings.model_validate({"blur": {"threshold": 1e9}})
    blurred_now = sum("blurred" in names for names in flags(stored, idle, strict).to_pylist())
    assert blurred_now == FRAMES - 3  # one cannot be read, and two have no edges to be sharp
    tolerant = CurationSettings.model_validate({"blur": {"threshold": 0}, "exposure": {"dark_threshold": 0}})
    names = {name for row in flags(stored, idle, tolerant).to_pylist() for name in row}
    assert names.isdisjoint({"blurred", "dark"})


def test_a_person_in_another_pose_before_the_same_wall_is_no_duplicate():
    wall = scene(3, 180, 320, cells=16)
    pictures = [wall.copy() for _ in range(6)]
    for frame, left in enumerate([40, 40, 120, 200, 200, 260]):
        pictures[frame][60:140, left : left + 14] = 240
    frames, _, _ = flagged(pictures)
    assert set(frames.get("duplicate", [])) <= {1, 4}
    tolerant = CurationSettings.model_validate({"duplicates": {"least_confidence": 0.5}})
    again, _, _ = flagged(pictures, settings=tolerant)
    assert len(again["duplicate"]) > len(frames.get("duplicate", []))


def test_relative_blur_is_that_of_the_stream():
    pictures = [blurred(scene(seed, 180, 320), 1.2) for seed in range(20)]
    pictures[9] = blurred(pictures[9], 5)
    relative = CurationSettings.model_validate({"blur": {"mode": "relative"}})
    frames, _, _ = flagged(pictures, settings=relative)
    assert frames == {"blurred": [9]}


def test_people_and_their_poses():
    pictures = [scene(seed, 90, 160) for seed in range(4)]
    quality = np.array([0.9, np.nan, 0.3, np.nan], np.float32)
    presence = Presence(np.array([1, 0, 2, 0], np.int32), quality, np.array([True, True, True, False]))
    frames, _, _ = flagged(pictures, presence=presence)
    assert frames == {"nobody": [1], "low_pose_quality": [2]}


def test_metrics_that_were_not_measured_flag_nothing():
    _, table, idle = flagged([scene(0), blurred(scene(1), 9)])
    bare = table.drop_columns(
        ["blur", "luma_percentiles", "clipped_low", "clipped_high", "phash", "thumb", "persons"]
    )
    assert not any(mask.any() for mask in flag_masks(bare, idle).values())


def test_every_flag_is_described():
    _, table, idle = flagged([scene(0)])
    assert all(flag.description for flag in flag_masks(table, idle))
