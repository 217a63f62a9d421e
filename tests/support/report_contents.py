"""Contents of reports for tests: somebody who squats as often as wanted, seen from the front."""

import numpy as np

from neuropose_ray.render.records import (
    Band,
    Column,
    Comparison,
    Curve,
    CycleCurve,
    Estimate,
    Fact,
    PersonTrack,
    Quality,
    QualityStrip,
    ReportContent,
    Table,
)
from neuropose_ray.render.sides import Side
from neuropose_ray.schemas.skeletons import BLAZEPOSE_33, COCO_19

RATE_HZ = 30.0
#: Seconds of one squat, and frames.
SQUAT_S = 2.0
SQUAT_FRAMES = round(SQUAT_S * RATE_HZ)


def squat_positions(frames: int) -> np.ndarray:
    """``(frames, 33, 3)`` mm of the BlazePose skeleton, facing the camera 3 m away, going down by 400 mm."""
    names = BLAZEPOSE_33.joint_names
    heights = {
        "nose": 1600, "eye": 1640, "ear": 1620, "mouth": 1560, "shoulder": 1400, "elbow": 1150, "wrist": 950,
        "pinky": 880, "foot": 20, "index": 880, "thumb": 900, "hip": 900, "knee": 500, "ankle": 90, "heel": 30,
    }  # fmt: skip
    still = np.zeros((len(names), 3))
    for joint, name in enumerate(names):
        height = next(value for part, value in heights.items() if part in name)
        across = 60 if height > 1500 else 180
        still[joint] = (across if "left" in name else -across if "right" in name else 0, 1000 - height, 3000)
        still[joint, 2] -= 150 if "foot" in name or name == "nose" else 0
    depth = squat_depth(frames)
    positions = np.repeat(still[None], frames, axis=0)
    above_knee = still[:, 1] < 1000 - 500
    positions[:, above_knee, 1] += 400 * depth[:, None]
    positions[:, [BLAZEPOSE_33.index("left_knee"), BLAZEPOSE_33.index("right_knee")], 2] -= 300 * depth[:, None]
    return positions


def squat_depth(frames: int) -> np.ndarray:
    """``(frames,)`` 0 upright to 1 at the bottom, exactly the same in every squat."""
    return (1 - np.cos(2 * np.pi * (np.arange(frames) % SQUAT_FRAMES) / SQUAT_FRAMES)) / 2


def squats(frames: int = 300, *, title: str = "squat.mp4", noise_deg: float = 2.0) -> ReportContent:
    """Everything that a report can show."""
    times = np.arange(frames) / RATE_HZ
    random = np.random.default_rng(0)
    positions = squat_positions(frames)
    count = frames // SQUAT_FRAMES
    angle = 10 + 90 * squat_depth(frames)
    curves = [
        Curve(name, label, "deg", side, angle * size + random.normal(0, noise_deg, frames), angle * size,
              "Between thigh and shank; 0 with the leg straight. Positive: flexion.")
        for name, label, size in (("knee_flexion", "Knee flexion", 1.0), ("hip_flexion", "Hip flexion", 0.8))
        for side in (Side.LEFT, Side.RIGHT)
    ]  # fmt: skip
    percent = np.linspace(0, 100, 101)
    cycle = 10 + 90 * (1 - np.cos(2 * np.pi * percent / 100)) / 2
    cycles = [
        CycleCurve("knee_flexion", "Knee flexion", "deg", side, percent, cycle + random.normal(0, 4, (count, 1)))
        for side in (Side.LEFT, Side.RIGHT)
    ]
    starts = [number * SQUAT_S for number in range(count)]
    repetitions = [
        Band(
            "repetition", str(number), Side.MIDDLE, start, start + SQUAT_S - 0.1, start + SQUAT_S / 2, number < count
        )
        for number, start in enumerate(starts, 1)
    ]
    table = Table(
        "Repetitions",
        (Column("Number", decimals=0), Column("Start", "s", 2), Column("Range of motion", "deg"), Column("Remarks")),
        tuple((number, start, 90.0, "") for number, start in enumerate(starts, 1)),
        tuple(starts),
        "Followed: knee flexion.",
    )
    gaps = np.zeros(frames)
    gaps[frames // 3 : frames // 3 + 5] = 1
    return ReportContent(
        title=title,
        facts=(Fact("Frame rate", f"{RATE_HZ} Hz"), Fact("Frames", str(frames))),
        skeleton=BLAZEPOSE_33,
        timestamps_s=times,
        people=(
            PersonTrack(
                1,
                positions,
                main=True,
                facts=(Fact("Seen in", "100 % of the frames"),),
                curves=tuple(curves),
                bands=(*repetitions, *(Band("event", "heel strike", Side.LEFT, start, start) for start in starts)),
                cycles=tuple(cycles),
                tables=(table,),
                quality=Quality(
                    (
                        QualityStrip("Confidence", 1 - gaps * 0.8, good=True, doubt=0.5),
                        QualityStrip("Gaps", gaps, good=False, doubt=0.1, unit="%"),
                    ),
                    ("Good.",),
                ),
                warnings=("The camera looks nearly from the front: knee flexion is less sure.", "One more."),
            ),
            bystander(positions + (900, 0, 400)),
        ),
        provenance=(Fact("Model", "blazepose"),),
        citation="neuropose-ray 0.1.0",
        comparison=compared(positions[: 2 * SQUAT_FRAMES], times[: 2 * SQUAT_FRAMES]),
    )


def bystander(positions: np.ndarray) -> PersonTrack:
    """Somebody else, of whom other things are known: one curve, one table, no marks, no cycles."""
    frames = len(positions)
    rising = np.linspace(0, 40, frames)
    return PersonTrack(
        2,
        positions,
        facts=(Fact("Seen in", "50 % of the frames"),),
        curves=(Curve("elbow_flexion", "Elbow flexion", "deg", Side.RIGHT, rising, None, "Bending."),),
        tables=(
            Table(
                "Elbow",
                (Column("Range", "deg"),),
                ((Estimate(40.0, 31.0, 49.0),), (Estimate(12.0, unreliable="The arm is hidden."),)),
            ),
        ),
        quality=Quality((QualityStrip("Confidence", np.full(frames, 0.4), good=True, doubt=0.5),), ("Poor.",)),
        warnings=("The arm is hidden.",),
    )


def compared(positions: np.ndarray, times: np.ndarray) -> Comparison:
    """A movement with itself at half the pace."""
    frames = len(times)
    path = np.stack([np.repeat(np.arange(frames), 2), np.arange(2 * frames)], axis=1)
    slow = np.repeat(positions, 2, axis=0) + (30, 0, 0)
    deviation = np.full((len(BLAZEPOSE_33), len(path)), 30.0)
    return Comparison(
        "this trial", "other trial", times, np.arange(2 * frames) / RATE_HZ, positions, slow, path,
        BLAZEPOSE_33.joint_names, deviation, (Fact("Distance", "30 mm"),),
    )  # fmt: skip


def nothing(frames: int) -> ReportContent:
    """A video in which nobody is seen."""
    return ReportContent("empty.mp4", (), COCO_19, np.arange(frames) / RATE_HZ)


def unknown(frames: int) -> ReportContent:
    """Somebody of whom not one number is known."""
    nan = np.full(frames, np.nan)
    return ReportContent(
        title="unknown.mp4",
        facts=(),
        skeleton=COCO_19,
        timestamps_s=np.arange(frames) / RATE_HZ,
        people=(
            PersonTrack(
                0,
                np.full((frames, len(COCO_19), 3), np.nan),
                main=True,
                curves=(
                    Curve("knee", "Knee", "deg", Side.LEFT, nan, nan, ""),
                    Curve("trunk", "Trunk", "", Side.MIDDLE, nan, None, ""),
                ),
                cycles=(
                    CycleCurve("knee", "Knee", "deg", Side.LEFT, np.linspace(0, 100, 5), np.full((2, 5), np.nan)),
                ),
                tables=(Table("Numbers", (Column("Value"),), ((None,), (float("nan"),))),),
                quality=Quality(
                    (
                        QualityStrip("Confidence", nan, good=True, doubt=0.5),
                        QualityStrip("Gaps", nan, good=False, doubt=0.1),
                    )
                ),
            ),
        ),
    )
