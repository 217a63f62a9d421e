import numpy as np
import pytest

from neuropose_ray.errors import InputError
from neuropose_ray.evaluate import OffsetSearch, TrackScores, score_tracks
from neuropose_ray.evaluate.reference import Reference
from neuropose_ray.schemas.poses import Poses, PoseTable
from neuropose_ray.schemas.skeleton import LANDMARKS, Skeleton

SKELETON = Skeleton(name="landmarks", joint_names=LANDMARKS, landmarks={name: name for name in LANDMARKS})
TIMES_S = np.arange(60) / 30
BODY = np.random.default_rng(0).normal(scale=300, size=(16, 3))
OTHER = np.random.default_rng(1).normal(scale=300, size=(16, 3))


def table(
    *persons: tuple[int, np.ndarray, slice], tracked: bool = True, fitted: np.ndarray | None = None
) -> PoseTable:
    """Everybody in the frames of a slice: track, the body, when."""
    rows = sorted((frame, track) for track, _, when in persons for frame in range(60)[when])
    bodies = {track: body for track, body, _ in persons}
    poses3d = np.array([bodies[track] for _, track in rows], np.float32).reshape(-1, 16, 3)
    count = len(rows)
    poses = Poses(
        np.array([frame for frame, _ in rows], np.int64),
        np.ones((count, 5), np.float32),
        np.ones((count, 16, 2), np.float32),
        poses3d,
        np.ones((count, 16), np.float32),
    )
    tracks = np.array([track for _, track in rows], np.int32) if tracked else None
    return PoseTable(TIMES_S, poses, tracks, None if fitted is None else poses3d + fitted.astype(np.float32))


def reference(body: np.ndarray = BODY, start_s: float = 0.0, *, of_the_video: bool = True) -> Reference:
    return Reference(np.arange(200) / 100 + start_s, np.tile(body, (200, 1, 1)), of_the_video=of_the_video)


def scored(poses: PoseTable, truth: Reference, **options) -> tuple[TrackScores, ...]:
    return score_tracks(poses, SKELETON, truth, where="video", **options)


def test_the_track_that_fits_best_is_chosen_whatever_its_number():
    (result,) = scored(table((3, OTHER, slice(0, 60)), (7, BODY, slice(10, 50))), reference())
    assert (result.track, result.poses, result.scores.coverage) == (7, "model", pytest.approx(40 / 60))
    assert (result.time_offset_s, result.offset_at_limit) == (0, False)
    assert result.scores.abs_mpjpe_mm == pytest.approx(0, abs=1e-4)


def test_a_passer_by_who_fits_by_chance_is_not_chosen():
    noisy = BODY + np.random.default_rng(2).normal(scale=20, size=BODY.shape)
    (result,) = scored(table((3, noisy, slice(0, 60)), (7, BODY, slice(10, 20))), reference())
    assert result.track == 3


def test_the_track_that_is_asked_for_is_taken():
    (result,) = scored(table((3, OTHER, slice(0, 60)), (7, BODY, slice(10, 50))), reference(), track=3)
    assert (result.track, result.scores.coverage) == (3, 1)


def test_without_tracks_people_are_told_by_their_position_in_the_frame():
    both = table((0, OTHER, slice(0, 60)), (1, BODY, slice(0, 60)), tracked=False)
    (result,) = scored(both, reference())
    assert (result.track, result.scores.pa_mpjpe_mm) == (1, pytest.approx(0, abs=1e-3))


def test_fitted_poses_are_compared_beside_the_models():
    fitted = np.zeros((16, 3))
    fitted[LANDMARKS.index("left_wrist")] = [0, 0, 100]
    model, other = scored(table((0, BODY, slice(0, 60)), fitted=fitted), reference())
    assert (model.poses, other.poses) == ("model", "fitted")
    assert other.scores.joints["left_wrist"].mpjpe_mm == pytest.approx(100, abs=1e-3)
    assert other.scores.joints["left_elbow"].mpjpe_mm == pytest.approx(0, abs=1e-3)


def test_the_videos_own_clock_is_not_shifted_unless_asked():
    shifted = reference(start_s=2.02)
    with pytest.raises(InputError, match="no time in common"):
        scored(table((0, BODY, slice(0, 60))), shifted)
    (result,) = scored(table((0, BODY, slice(0, 60))), shifted, search=OffsetSearch(range_s=0.1))
    assert result.time_offset_s > 0
    assert result.scores.pa_mpjpe_mm == pytest.approx(0, abs=1e-3)


def test_an_offset_at_the_end_of_the_range_is_said_to_be():
    moving = np.cumsum(np.random.default_rng(5).normal(scale=20, size=(60, 16, 3)), 0)
    truth = Reference(TIMES_S, moving)
    delayed = PoseTable(TIMES_S + 0.06, _one_person(moving))
    assert scored(delayed, truth)[0].offset_at_limit
    assert not scored(delayed, truth, search=OffsetSearch(range_s=0.1))[0].offset_at_limit


def test_axes_are_turned_only_for_a_reference_in_axes_of_its_own():
    upside_down = BODY * [1, -1, -1]
    people = table((0, BODY, slice(0, 60)))
    assert scored(people, reference(upside_down, of_the_video=False))[0].scores.mpjpe_mm == pytest.approx(0, abs=1e-3)
    assert scored(people, reference(upside_down))[0].scores.mpjpe_mm > 100


@pytest.mark.parametrize(
    ("people", "truth", "track", "words"),
    [
        (table((0, BODY, slice(0, 60))), reference(start_s=100), None, "have no time in common"),
        (table(), reference(), None, "nobody was found"),
        (table((0, BODY, slice(0, 5))), reference(start_s=1.0), None, "nobody was found"),
        (table((4, BODY, slice(0, 60))), reference(), 5, "there is no track 5; there are: 4"),
        (table(), reference(), 5, "there is no track 5; there are: none"),
    ],
    ids=["no common time", "nobody", "nobody in time", "other track", "no track"],
)
def test_what_cannot_be_compared_is_one_line(people: PoseTable, truth: Reference, track: int | None, words: str):
    with pytest.raises(InputError, match=words) as caught:
        scored(people, truth, track=track)
    assert str(caught.value).startswith("video: ")


def test_frames_without_times_are_refused():
    people = table((0, BODY, slice(0, 60)))
    with pytest.raises(InputError, match="its frames have no times"):
        scored(PoseTable(np.full(60, np.nan), people.poses), reference())


def _one_person(bodies: np.ndarray) -> Poses:
    count = len(bodies)
    return Poses(
        np.arange(count),
        np.ones((count, 5), np.float32),
        np.ones((count, 16, 2), np.float32),
        bodies.astype(np.float32),
        np.ones((count, 16), np.float32),
    )
