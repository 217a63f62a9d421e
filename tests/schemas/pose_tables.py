"""Hypothesis strategies for pose tables, and what it means that two are equal."""

import numpy as np
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from neuropose_ray.schemas.camera import Camera
from neuropose_ray.schemas.header import PredictionsHeader, VideoMetadata
from neuropose_ray.schemas.poses import Poses, PoseTable
from neuropose_ray.schemas.provenance import Provenance
from neuropose_ray.schemas.skeleton import Skeleton

ARM = Skeleton(
    name="arm",
    joint_names=("shoulder", "elbow", "wrist"),
    edges=((0, 1), (1, 2)),
    landmarks={"left_shoulder": "shoulder", "left_elbow": "elbow", "left_wrist": "wrist"},
)
PROVENANCE = Provenance.record(
    model_name="blazepose",
    model_sha256="ab" * 32,
    model_filename="pose.task",
    runtime="LiteRT 2.1",
    device="cpu",
    skeleton="arm",
    video_sha256="cd" * 32,
    settings={"detector": {"threshold": 0.5}, "tiles": [1, 2]},
)
#: No deadline, for machines that are busy; a test's folder may serve all examples, which overwrite one file.
properties = settings(
    deadline=None, max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
NUMBERS = st.floats(width=32, allow_nan=True, allow_infinity=False)
FINITE_NUMBERS = st.floats(width=32, allow_nan=False, allow_infinity=False)


@st.composite
def pose_tables(draw, numbers=NUMBERS, max_frames=6):
    """Any table of the arm: frames without anybody, frames with several, tracked and fitted or not."""
    persons = draw(st.lists(st.integers(0, 3), max_size=max_frames))
    rows = sum(persons)

    def array(*shape):
        return draw(hnp.arrays(np.float32, (rows, *shape), elements=numbers))

    steps = draw(hnp.arrays(np.float64, len(persons), elements=st.floats(0.001, 10)))
    tracks = draw(st.none() | hnp.arrays(np.int32, rows))
    return PoseTable(
        timestamps_s=np.cumsum(steps),
        poses=Poses(
            frame=np.repeat(np.arange(len(persons)), persons),
            boxes=array(5),
            poses2d=array(3, 2),
            poses3d=array(3, 3),
            joint_scores=array(3),
        ),
        track_ids=tracks,
        poses3d_fitted=array(3, 3) if draw(st.booleans()) else None,
    )


def table_of(frames, persons_per_frame=1, joints=3, seed=0):
    """A plain table at 30 frames a second, tracked, not fitted."""
    random = np.random.default_rng(seed)
    rows = frames * persons_per_frame

    def array(*shape):
        return random.uniform(0, 1000, (rows, *shape)).astype(np.float32)

    return PoseTable(
        timestamps_s=np.arange(frames) / 30,
        poses=Poses(np.repeat(np.arange(frames), persons_per_frame), array(5), array(joints, 2), array(joints, 3),
                    array(joints) / 1000),
        track_ids=np.tile(np.arange(persons_per_frame, dtype=np.int32), frames),
    )  # fmt: skip


def header_of(table, skeleton=ARM):
    return PredictionsHeader(
        metadata=VideoMetadata(
            frame_count=table.frame_count, fps=30.0, width=640, height=480, filename="arm.mp4", notes=("two streams",)
        ),
        skeleton=skeleton,
        camera=Camera.from_field_of_view(640, 480, 55),
        provenance=PROVENANCE,
    )


def assert_tables_equal(actual, expected):
    """Equal to the last bit, NaN equal to NaN; nothing fitted is the same as all NaN, and nobody needs no track."""
    np.testing.assert_array_equal(actual.timestamps_s, expected.timestamps_s)
    for name in ("frame", "boxes", "poses2d", "poses3d", "joint_scores"):
        value = getattr(actual.poses, name)
        assert value.dtype == getattr(expected.poses, name).dtype, name
        np.testing.assert_array_equal(value, getattr(expected.poses, name), err_msg=name, strict=True)
    if len(expected.poses):
        np.testing.assert_equal(actual.track_ids, expected.track_ids)
        np.testing.assert_array_equal(_fitted(actual), _fitted(expected), strict=True)


def _fitted(table):
    return np.full_like(table.poses.poses3d, np.nan) if table.poses3d_fitted is None else table.poses3d_fitted
