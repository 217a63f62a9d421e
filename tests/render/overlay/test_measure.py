from dataclasses import replace

import numpy as np
import pytest
from analysis.runs.samples import phantom, write_parquet

from neuropose_ray.phantom.body import PHANTOM_SKELETON
from neuropose_ray.phantom.motions import Squatting
from neuropose_ray.render.overlay.choices import AngleJoint
from neuropose_ray.render.overlay.measure import measure_for
from neuropose_ray.render.overlay.measurements import Measurements
from neuropose_ray.render.overlay.settings import OverlaySettings
from neuropose_ray.schemas.parquet_files import read_predictions
from neuropose_ray.schemas.skeletons import known_skeleton

SETTINGS = OverlaySettings(angles=tuple(AngleJoint), repetitions=True)


@pytest.fixture(scope="module")
def squats(tmp_path_factory):
    """Two squats of one person; another one passes by in the last frames."""
    person = phantom(Squatting(), seconds=5.0)
    passer_by = np.full_like(person, np.nan)
    passer_by[-20:] = person[0] + (1500, 0, 0)
    folder = write_parquet(
        tmp_path_factory.mktemp("out") / "squat", person, {0: person, 1: passer_by}, PHANTOM_SKELETON
    )
    return read_predictions(folder / "predictions.parquet")


def test_angles_are_the_clinical_ones_of_every_person_and_side(squats):
    table, header = squats
    measured = measure_for(SETTINGS)(table, header)
    assert len(measured.angles) == 2 * 2 * len(AngleJoint)
    knee = next(curve for curve in measured.angles if curve.joint == PHANTOM_SKELETON.index("right_knee"))
    assert (knee.track, knee.end) == (0, PHANTOM_SKELETON.index("right_ankle"))
    assert knee.degrees.shape == (table.frame_count,)
    assert knee.degrees[0] == pytest.approx(5, abs=3)
    assert knee.degrees.max() == pytest.approx(105, abs=3)
    hip = next(curve for curve in measured.angles if curve.joint == PHANTOM_SKELETON.index("left_hip"))
    assert set(hip.zero_from) == {PHANTOM_SKELETON.index(f"{side}_shoulder") for side in ("left", "right")}


def test_repetitions_are_those_of_who_stays(squats):
    (curve,) = measure_for(SETTINGS)(*squats).repetitions
    assert (curve.track, curve.movement, len(curve)) == (0, "knee flexion", 2)
    assert curve.under_way(1.25)
    assert [curve.begun(time_s) for time_s in (1.25, 3.75)] == [1, 2]


def test_only_what_was_asked_for_is_measured(squats):
    assert measure_for(OverlaySettings())(*squats) == Measurements()
    knees = measure_for(OverlaySettings(angles=(AngleJoint.KNEE,)))(*squats)
    assert len(knees.angles) == 4
    assert knees.repetitions == ()


def test_uneven_frames_have_the_angle_of_their_own_time(squats):
    """Cleaning lays even times over them."""
    table, header = squats
    kept = np.sort(np.random.default_rng(2).choice(len(table.timestamps_s), 120, replace=False))
    person = phantom(Squatting(), seconds=5.0)[kept]
    poses = replace(
        table.poses.take(np.flatnonzero(table.track_ids == 0)[kept]), frame=np.arange(120), poses3d=person
    )
    uneven = replace(table, timestamps_s=table.timestamps_s[kept], poses=poses, track_ids=np.zeros(120, np.int32))
    (right, _) = measure_for(OverlaySettings(angles=(AngleJoint.KNEE,)))(uneven, header).angles
    even = next(iter(measure_for(OverlaySettings(angles=(AngleJoint.KNEE,)))(table, header).angles))
    assert np.nanmedian(np.abs(right.degrees - even.degrees[kept])) < 2


def test_skeletons_without_the_joints_have_no_angles(squats):
    table, header = squats
    h36m = known_skeleton("h36m_17")
    poses = replace(
        table.poses, poses3d=table.poses.poses3d[:, :17], poses2d=table.poses.poses2d[:, :17],
        joint_scores=table.poses.joint_scores[:, :17],
    )  # fmt: skip
    bare = h36m.model_copy(update={"landmarks": {}})
    measured = measure_for(SETTINGS)(replace(table, poses=poses), header.model_copy(update={"skeleton": bare}))
    assert measured == Measurements()


@pytest.mark.parametrize("known", ["to process", "to the overlay"])
def test_slow_motion_has_the_angles_and_repetitions_of_what_was_filmed(squats, known):
    table, header = squats
    slow = replace(table, timestamps_s=table.timestamps_s * 8)
    settings = SETTINGS
    if known == "to process":
        metadata = header.metadata.model_copy(update={"fps": 30.0, "capture_fps": 240.0})
        header = header.model_copy(update={"metadata": metadata})
    else:
        settings = SETTINGS.model_copy(update={"capture_fps": 240.0})
    expected, found = measure_for(SETTINGS)(*squats), measure_for(settings)(slow, header)
    np.testing.assert_allclose(found.repetitions[0].start_s, expected.repetitions[0].start_s)
    for mine, theirs in zip(found.angles, expected.angles, strict=True):
        np.testing.assert_allclose(mine.degrees, theirs.degrees, atol=1e-6)
