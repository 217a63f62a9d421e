"""Chunks of several jobs on one loaded model."""

import threading
from contextlib import nullcontext

import pytest
from support.grey_model import FAILS, GreySpec
from support.grey_pictures import grey_plan, grey_video

from neuropose_ray.errors import ModelError
from neuropose_ray.pipeline import EngineSettings
from neuropose_ray.pipeline.chunks.active_attempts import CancelledError
from neuropose_ray.pipeline.chunks.commit import ChunkStore
from neuropose_ray.pipeline.planning.plan import ChunkRef
from neuropose_ray.pipeline.planning.plan_file import write_plan
from neuropose_ray.pipeline.state.run_layout import CHUNKS_FOLDER, PLAN_FILE
from neuropose_ray.service.pose import chunks as module
from neuropose_ray.service.pose.chunks import ChunkExecutor, LoadedSpec, chunks_at_once
from neuropose_ray.service.pose.requests import ChunkCall

NEVER = threading.Event()


class Meter:
    """Counts what a replica reports to Ray."""

    def __init__(self):
        self.errors = []

    def given_up(self, error):
        self.errors.append(error.type)

    def __getattr__(self, name):
        return lambda *arguments, **named: None


class Replica:
    """A loaded model with its executor, and jobs of two chunks, the second of which fails."""

    def __init__(self, folder, model_lock=None, *, frames_alone=False):
        self.folder, self.meter = folder, Meter()
        self.spec = GreySpec(batch_size=4, frames_alone=frames_alone)
        self.executor = ChunkExecutor(
            LoadedSpec(self.spec, self.spec.load()), model_lock or nullcontext(), at_once=2, stall_limit_s=600,
            meter=self.meter,
        )  # fmt: skip

    def job(self, name):
        greys = [40] * 8 + [FAILS] * 8
        plan = grey_plan(grey_video(self.folder / "in" / name, greys), self.spec, 8)
        write_plan(self.folder / name / "greys" / CHUNKS_FOLDER / PLAN_FILE, plan)
        return plan

    def do(self, name, index=0, *, run="run", fingerprint="grey", stop=NEVER):
        call = ChunkCall(self.folder / name, ChunkRef("greys", index), run, fingerprint, 1, 2)
        return self.executor.do(call, stop)


@pytest.fixture(params=[False, True], ids=["a call for each chunk", "chunks share calls"])
def replica(tmp_path, request):
    return Replica(tmp_path, frames_alone=request.param)


@pytest.mark.parametrize(("threads", "at_once"), [(1, 2), (4, 2), (None, 3)])
def test_a_gpu_has_as_many_chunks_as_are_set_and_a_cpu_two(threads, at_once):
    assert chunks_at_once(EngineSettings(chunks_per_gpu=3), GreySpec(threads=threads)) == at_once


def test_a_loaded_model_is_not_loaded_again_and_is_otherwise_as_it_was():
    spec = GreySpec()
    model = spec.load()
    loaded = LoadedSpec(spec, model)
    assert loaded.load() is model
    assert (loaded.name, loaded.fingerprint(), loaded.threads) == (spec.name, spec.fingerprint(), spec.threads)


def test_chunks_of_any_job_are_done_in_the_jobs_own_folder(replica):
    for name in ("one", "other"):
        plan = replica.job(name)
        outcome = replica.do(name)
        assert (outcome.state, outcome.frames) == ("done", 8)
        assert ChunkStore(replica.folder / name / "greys" / CHUNKS_FOLDER).committed(plan.keys[0])
    assert replica.meter.errors == []


def test_a_chunk_that_is_given_up_is_an_outcome_and_is_counted(replica):
    replica.job("one")
    outcome = replica.do("one", 1)
    assert (outcome.state, outcome.error.type) == ("failed", "ModelError")
    assert replica.meter.errors == ["ModelError"]


def test_a_job_planned_for_another_model_is_refused_before_anything_is_done(replica):
    replica.job("one")
    with pytest.raises(ModelError, match="submit the job again"):
        replica.do("one", fingerprint="another")
    assert replica.spec.log.calls == []


def test_a_job_that_nobody_wants_any_more_stops_and_its_try_does_not_count(replica):
    plan = replica.job("one")
    stop = threading.Event()
    stop.set()
    with pytest.raises(CancelledError):
        replica.do("one", stop=stop)
    store = ChunkStore(replica.folder / "one" / "greys" / CHUNKS_FOLDER)
    assert store.attempts(plan.keys[0]).count == 0
    assert replica.do("one").state == "done"


def test_one_job_that_is_stopped_leaves_the_others_alone(replica):
    replica.job("one")
    replica.job("other")
    stop = threading.Event()
    stop.set()
    with pytest.raises(CancelledError):
        replica.do("one", stop=stop)
    assert replica.do("other").state == "done"


def test_the_lock_of_the_model_is_held_for_every_call(tmp_path):
    taken = []

    class Lock:
        def __enter__(self):
            taken.append("in")

        def __exit__(self, *error):
            taken.append("out")

    replica = Replica(tmp_path, Lock())
    replica.job("one")
    replica.do("one")
    assert taken == ["in", "out"] * len(replica.spec.log.calls) == ["in", "out"] * 2


def test_the_plans_of_a_few_runs_are_kept_at_hand(replica, monkeypatch):
    """The least recently used one is forgotten first."""
    monkeypatch.setattr(module, "_WORKERS", 2)
    for name in ("one", "other", "third"):
        replica.job(name)
    replica.do("one")
    replica.do("other")
    replica.do("one")
    replica.do("third")
    kept = [key[0].name for key in replica.executor._workers]
    assert kept == ["one", "third"]
    assert replica.do("other").state == "found"
