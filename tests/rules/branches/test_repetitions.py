"""Repetitions of a live stream are those of the analysis of the same file, announced while they happen."""

import json
from concurrent.futures import Future, ThreadPoolExecutor

import numpy as np
import pytest
from analysis.segmentation.performers import mocap, phantom, without
from hypothesis import given, settings
from hypothesis import strategies as st
from rules.streams import IDENTITY, moments, pipeline, pose_rows

from neuropose_ray.analysis import Motion, motion_of_table, repetitions
from neuropose_ray.phantom.gait import Walking
from neuropose_ray.phantom.motions import Reaching, SitToStand, Squatting
from neuropose_ray.rules import InlineExecutor, Observation, RuleEngine, build_branches
from neuropose_ray.rules.branches.repetitions import RepetitionsRun, RepetitionsWatcher
from neuropose_ray.schemas.poses import Poses, PoseTable
from neuropose_ray.schemas.rules import LiveEvent, RepetitionsBranch
from neuropose_ray.schemas.skeletons import BLAZEPOSE_33
from neuropose_ray.tracking import OnlineTracker, StabilityGate, TrackingSettings, track

COUNTING = {"name": "watch", "branches": [{"type": "repetitions", "name": "squats"}]}


def table_of(motion: Motion) -> PoseTable:
    """A person's poses in every frame that shows them."""
    seen = np.flatnonzero(np.isfinite(motion.positions).all(-1).any(-1))
    poses = pose_rows(list(motion.positions[seen])) if len(seen) else Poses.empty(len(motion.skeleton))
    return PoseTable(motion.timestamps_s, Poses(seen, poses.boxes, poses.poses2d, poses.poses3d, poses.joint_scores))


def streamed(table: PoseTable, skeleton, executor=None, **settings):
    """The result of the branch and what it announced, frame after frame as from a file of which none is dropped."""
    made = pipeline({**COUNTING, "branches": [{**COUNTING["branches"][0], **settings}]})
    engine = RuleEngine(made, IDENTITY, build_branches(made, skeleton, executor or InlineExecutor()), skeleton)
    tracker, gate, steps = OnlineTracker(skeleton), StabilityGate(made.gate.stable), []
    for frame, time_s in enumerate(table.timestamps_s.tolist()):
        poses = table.poses.take(table.poses.frame == frame)
        tracks = tracker.update(poses, time_s)
        stable = gate.update(tracks, poses, time_s)
        steps += engine.observe(Observation(1e9 + time_s, 1, tracks, stable, poses, time_s=time_s))
    steps += engine.finish(2e9)
    events = [step for step in steps if isinstance(step, LiveEvent)]
    announced = [event for event in events if event.kind.startswith("repetition")]
    return [dict(event.data["results"]["squats"]) for event in events if event.kind == "episode.completed"], announced


def of_the_file(table: PoseTable, skeleton) -> dict:
    tracked = table.with_tracks(track(table, skeleton, TrackingSettings()).ids)
    whole = repetitions(motion_of_table(tracked, skeleton, name="file"))
    return {
        "value": len(whole.records),
        "complete_count": sum(record.complete for record in whole.records),
        "movement": whole.movement or None,
        "heights": [record.height for record in whole.records],
    }


def assert_equal(table, skeleton, *, heights_within=1e-9, **settings):
    (live,), announced = streamed(table, skeleton, **settings)
    offline = of_the_file(table, skeleton)
    assert {name: live[name] for name in ("value", "complete_count", "movement")} == {
        name: offline[name] for name in ("value", "complete_count", "movement")
    }
    if offline["heights"]:
        assert live["mean_height"] == pytest.approx(np.mean(offline["heights"]), abs=heights_within)
    # Whoever follows the announcements comes to the same number.
    kinds = [event.kind for event in announced]
    assert kinds.count("repetition") - kinds.count("repetition.withdrawn") == offline["value"]
    assert not announced or announced[-1].data["count"] == offline["value"]
    return announced


def stored_squats(test_data):
    """Three squats as BlazePose saw them, with frames before and after in which nobody is seen."""
    folder = test_data / "tfjs_squats"
    joints = np.array(json.loads((folder / "pose_squats_3d.full.json").read_text()))[..., :3] * 1000 + (0, 0, 3000)
    pixels = np.array(json.loads((folder / "pose_squats.full.json").read_text()))[..., :2]
    low, high = pixels.min(1), pixels.max(1)
    frames = np.arange(3, 3 + len(joints))
    boxes = np.column_stack([low, high - low, np.full(len(joints), 0.9)]).astype(np.float32)
    poses = Poses(
        frames, boxes, pixels.astype(np.float32), joints.astype(np.float32), np.ones(joints.shape[:2], np.float32)
    )
    return PoseTable(np.arange(len(joints) + 8) / 5, poses)


def test_squats_that_a_pose_model_saw_are_counted_as_in_the_file(test_data):
    announced = assert_equal(stored_squats(test_data), BLAZEPOSE_33)
    assert len(announced) == 3


def test_the_squats_of_a_real_person_are_counted_as_in_the_file(test_data):
    whole, every = mocap(test_data, "squat"), 7
    motion = Motion(
        "squat", whole.skeleton, whole.timestamps_s[::every], whole.positions[::every], whole.joint_scores[::every]
    )
    announced = assert_equal(table_of(motion), motion.skeleton)
    assert len(announced) == 5
    latency_s = [event.at - 1e9 - event.data["end_s"] for event in announced[:-1]]
    assert max(latency_s) < 3.5  # announced while it goes on, not in the end


@pytest.mark.parametrize(
    "performed", [Squatting(), SitToStand(), Reaching(), Walking()], ids=lambda motion: type(motion).__name__
)
def test_movements_are_counted_as_in_the_file(performed):
    motion, _ = phantom(performed, np.arange(0.2, 14, 0.1), noise_mm=8)
    assert_equal(table_of(motion), motion.skeleton)


#: From so many frames on a person is confirmed, and passes the gate.
CONFIRMED_FRAMES = 5


def assert_equal_where_frames_are_uneven(seed):
    random = np.random.default_rng(seed)
    times = np.cumsum(random.uniform(0.06, 0.14, int(random.integers(20, 200))))
    motion, _ = phantom(Squatting(), times, noise_mm=float(random.uniform(0, 20)), seed=seed)
    # Who is hidden again after a few frames was nobody yet for who watches live, and somebody in a file.
    first = int(random.choice([0, *range(CONFIRMED_FRAMES, len(times))]))
    hidden = without(motion, slice(first, first + int(random.integers(1, 6))))
    # An episode knows the frames from the person's first on, a file all; both take the median interval of what they
    # know, by which heights are smoothed a little more or less.
    assert_equal(table_of(hidden), motion.skeleton, heights_within=1.0, update_s=2.0)


@pytest.mark.parametrize("seed", [1])
def test_uneven_frames_and_frames_without_the_person_change_nothing_about_that(seed):
    assert_equal_where_frames_are_uneven(seed)


@pytest.mark.endurance
@settings(max_examples=150)
@given(seed=st.integers(0, 100_000))
def test_whatever_frames_are_missing_repetitions_are_counted_as_in_the_file(seed):
    assert_equal_where_frames_are_uneven(seed)


def test_threads_change_nothing_about_that():
    motion, _ = phantom(Squatting(), np.arange(0, 12, 0.1))
    with ThreadPoolExecutor(1) as executor:
        assert_equal(table_of(motion), motion.skeleton, executor=executor)


def test_a_target_settles_the_branch_while_the_person_goes_on():
    motion, _ = phantom(Squatting(), np.arange(0, 20, 0.1))
    (result,), announced = streamed(table_of(motion), motion.skeleton, target=2)
    assert result["complete_count"] == 2
    assert [event.data["count"] for event in announced if event.data["complete"]] == [1, 2]


def run_of(skeleton, executor, **settings) -> RepetitionsRun:
    branch = RepetitionsBranch(name="reps", **settings)
    return RepetitionsWatcher(branch, skeleton, executor).begin()


class Counting(InlineExecutor):
    def __init__(self):
        self.calls = 0

    def submit(self, work, /, *args, **kwargs):
        self.calls += 1
        return super().submit(work, *args, **kwargs)


def test_nobody_is_analysed_while_they_sit_still():
    motion, _ = phantom(Squatting(), np.arange(0, 0.5, 0.1))
    still = Motion(
        "still", motion.skeleton, np.arange(600) / 10, np.repeat(motion.positions[:1], 600, 0),
        np.ones((600, len(motion.skeleton))),
    )  # fmt: skip
    executor = Counting()
    run = run_of(still.skeleton, executor)
    for moment in moments(still):
        run.observe(moment)
        run.poll()
    assert executor.calls < 12


def test_an_executor_that_is_late_delays_announcements_and_loses_none():
    motion, _ = phantom(Squatting(), np.arange(0, 12, 0.1))

    class Late:
        def __init__(self):
            self.waiting = []

        def submit(self, work, /, *args, **kwargs):
            future = Future()
            self.waiting.append((future, work, args))
            return future

        def work_off(self):
            for future, work, args in self.waiting:
                if future.set_running_or_notify_cancel():
                    future.set_result(work(*args))
            self.waiting = []

    executor = Late()
    run = run_of(motion.skeleton, executor)
    announced = []
    for index, moment in enumerate(moments(motion)):
        run.observe(moment)
        announced += run.poll()[0]
        if index % 35 == 34:
            executor.work_off()
    run.finish()
    assert run.poll() == ((), None)
    executor.work_off()
    settled, result = run.poll()
    assert result.fields["count"] == len(repetitions(motion).records)
    assert [*announced, *settled][-1].data["count"] == result.fields["count"]


def test_what_was_announced_and_turns_out_to_be_none_is_withdrawn():
    """Small bends are a movement for themselves, until deep squats show that they are none."""
    deep, _ = phantom(Squatting(), np.arange(0, 9, 0.1))
    small = deep.positions[:1] + 0.42 * (deep.positions - deep.positions[:1])
    joints = np.concatenate([small, deep.positions, deep.positions, deep.positions])
    motion = Motion("both", deep.skeleton, np.arange(len(joints)) / 10, joints, np.ones(joints.shape[:2]))
    run, announced = run_of(motion.skeleton, InlineExecutor()), []
    for moment in moments(motion):
        run.observe(moment)
        announced += run.poll()[0]
    settled, result = run.conclude()
    assert result.fields["count"] == len(repetitions(motion).records)
    assert {announcement.kind for announcement in announced} == {"repetition"}
    assert "repetition.withdrawn" in {announcement.kind for announcement in settled}
    assert settled[-1].data["count"] == result.fields["count"]


def test_a_person_without_a_frame_has_none():
    run = run_of(BLAZEPOSE_33, InlineExecutor())
    _, result = run.conclude()
    assert (result.fields["count"], result.failed) == (0, False)
