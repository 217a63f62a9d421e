"""Several products of a chunk out of one pass over its frames: each committed, found and given up for itself."""

from collections import Counter
from dataclasses import dataclass, field, replace

import numpy as np
import pyarrow as pa
import pytest
from support.grey_model import FAILS, GreySpec
from support.grey_pictures import grey_plan, grey_video

from neuropose_ray.pipeline.chunks.active_attempts import ActiveAttempts
from neuropose_ray.pipeline.chunks.frames import LocalFrames
from neuropose_ray.pipeline.chunks.products import Follower
from neuropose_ray.pipeline.chunks.worker import ChunkWorker, RunContext
from neuropose_ray.pipeline.planning.plan import POSES, ChunkRef, ChunkTask, VideoPlan
from neuropose_ray.pipeline.planning.plan_file import read_plan, write_plan

CHUNK_FRAMES, MAX_ATTEMPTS = 8, 2
GOOD, FAILING, BLACK = range(3)


@dataclass(frozen=True)
class GreyMeans:
    """The mean of every frame's luma; it fails at a picture that is black."""

    name: str = "grey_means"
    seen: Counter = field(default_factory=Counter, hash=False, compare=False)

    def fingerprint(self) -> str:
        return self.name

    def observer(self, task: ChunkTask) -> "GreyObserver":
        self.seen[self.name] += 1
        return GreyObserver()


class GreyObserver:
    def __init__(self) -> None:
        self.rows = []

    def observe(self, batch) -> None:
        assert len(batch.luma) == len(batch.timestamps_s)
        self.rows += [(t, float(luma.mean())) for t, luma in zip(batch.timestamps_s, batch.luma, strict=True)]
        if any(mean < 5 for _, mean in self.rows):
            raise ValueError("black")

    def table(self) -> pa.Table:
        return pa.table({"timestamp_s": [t for t, _ in self.rows], "grey": [grey for _, grey in self.rows]})


class Bench:
    """A run of one video with four chunks: at the second the model fails, at the third the other product."""

    def __init__(self, tmp_path) -> None:
        self.spec, self.product, self.decoded = GreySpec(batch_size=4), GreyMeans(), 0
        greys = np.repeat([40, FAILS, 0, 60], CHUNK_FRAMES)
        plan = grey_plan(grey_video(tmp_path / "greys", greys), self.spec, CHUNK_FRAMES)
        self.poses_alone = plan
        self.plan = replace(plan, products={"grey_means": tuple(f"{index:064}" for index in range(4))})
        self.context = RunContext(self.spec, tmp_path / "out", 1, MAX_ATTEMPTS, (self.product,))
        self.store = self.context.store("greys")

    def do(self, index: int, plan: VideoPlan | None = None, context: RunContext | None = None):
        context, bench = context or self.context, self
        write_plan(context.plan_path("greys"), plan or self.plan)

        class Frames(LocalFrames):
            def batches(self, size, *, lead_in=0):
                for batch in super().batches(size, lead_in=lead_in):
                    bench.decoded += len(batch.timestamps_s)
                    yield batch

        worker = ChunkWorker(context, ActiveAttempts(1), frames=lambda task: Frames(task, threads=1))
        return worker(ChunkRef("greys", index))

    def greys(self, index: int) -> list[float]:
        return self.store.read_table(self.plan.products["grey_means"][index])["grey"].to_pylist()


@pytest.fixture
def bench(tmp_path) -> Bench:
    return Bench(tmp_path)


def without_poses(plan: VideoPlan) -> VideoPlan:
    return replace(plan, keys=(), sessions=())


def test_one_pass_over_the_frames_serves_every_product(bench):
    outcome = bench.do(GOOD)
    assert (outcome.state, outcome.frames, outcome.persons) == ("done", CHUNK_FRAMES, CHUNK_FRAMES)
    assert bench.decoded == CHUNK_FRAMES
    assert bench.greys(GOOD) == [40.0] * CHUNK_FRAMES
    assert bench.store.read(bench.plan.keys[GOOD])[0].frame_count == CHUNK_FRAMES
    assert bench.do(GOOD).state == "found"
    assert bench.decoded == CHUNK_FRAMES


@pytest.mark.parametrize("poses_first", [True, False])
def test_only_the_product_that_is_missing_is_computed(bench, poses_first: bool):
    first = bench.poses_alone if poses_first else without_poses(bench.plan)
    assert bench.do(GOOD, first).state == "done"
    calls, observers = len(bench.spec.log.calls), bench.product.seen["grey_means"]
    assert (calls, observers) == ((2, 0) if poses_first else (0, 1))
    assert bench.do(GOOD).state == "done"
    assert (len(bench.spec.log.calls), bench.product.seen["grey_means"]) == (2, 1)
    assert bench.decoded == 2 * CHUNK_FRAMES


def test_numbers_are_the_same_alone_and_beside_poses(bench, tmp_path):
    bench.do(GOOD)
    together = bench.store.read_table(bench.plan.products["grey_means"][GOOD])
    poses = bench.store.read(bench.plan.keys[GOOD])[0]
    for plan in (without_poses(bench.plan), bench.poses_alone):
        alone = replace(bench.context, out=tmp_path / f"alone {len(plan.products)}")
        bench.do(GOOD, plan, alone)
        if plan.products:
            assert alone.store("greys").read_table(plan.products["grey_means"][GOOD]).equals(together)
        else:
            np.testing.assert_array_equal(
                alone.store("greys").read(plan.keys[GOOD])[0].poses.poses3d, poses.poses.poses3d
            )


def test_without_poses_no_model_is_loaded(bench):
    context = replace(bench.context, spec=None)
    assert bench.do(GOOD, without_poses(bench.plan), context).state == "done"
    assert bench.greys(GOOD) == [40.0] * CHUNK_FRAMES


def test_where_the_model_fails_the_other_product_is_made_all_the_same(bench):
    outcome = bench.do(FAILING)
    assert (outcome.state, outcome.error.type) == ("failed", "ModelError")
    assert bench.greys(FAILING) == [float(FAILS)] * CHUNK_FRAMES
    assert bench.store.committed(bench.plan.keys[FAILING]) is None


def test_where_another_product_fails_the_poses_are_made_all_the_same(bench):
    outcome = bench.do(BLACK)
    assert (outcome.state, outcome.error.type, outcome.error.message) == ("failed", "ValueError", "black")
    assert outcome.error.attempts == MAX_ATTEMPTS
    assert bench.store.committed(bench.plan.keys[BLACK]).frames == CHUNK_FRAMES
    decoded = bench.decoded
    assert bench.do(BLACK).state == "failed"
    assert bench.decoded == decoded


def test_pictures_are_made_of_frames_as_the_products_of_a_pass_need_them(bench):
    task = ChunkTask(bench.plan, GOOD)
    assert task.pictures == "both"
    assert replace(task, products=(POSES,)).pictures == "rgb"
    assert replace(task, products=("grey_means",)).pictures == "luma"
    assert ChunkTask(bench.poses_alone, GOOD).pictures == "rgb"
    (batch,) = LocalFrames(replace(task, products=("grey_means",)), threads=1).batches(CHUNK_FRAMES)
    assert (len(batch.images), len(batch.luma)) == (0, CHUNK_FRAMES)


def test_products_are_part_of_the_plan_on_the_disk(bench, tmp_path):
    write_plan(tmp_path / "plan.bin", bench.plan)
    plan = read_plan(tmp_path / "plan.bin")
    assert plan.product_names == (POSES, "grey_means")
    assert plan.keys_of("grey_means") == bench.plan.products["grey_means"]
    assert plan.keys_of(POSES) == bench.plan.keys


def test_a_follower_that_cannot_begin_has_an_error_and_no_table(bench):
    class Broken(GreyMeans):
        def observer(self, task):
            raise RuntimeError("no")

    follower = Follower(Broken(), ChunkTask(bench.plan, GOOD))
    follower.observe(None)
    assert follower.table() is None
    assert str(follower.error) == "no"
