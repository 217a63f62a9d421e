"""How much faster the accelerator was than the CPU, and how far its poses lie from the CPU's."""

import numpy as np
import pytest
from schemas.pose_tables import header_of, table_of
from support.metrabs_stand_in import build_stand_in
from support.metrabs_world import RED, paint

from neuropose_ray.benchmark import cpu
from neuropose_ray.benchmark.cpu import compared_with_cpu, passes_on_cpu
from neuropose_ray.benchmark.passes import Pass, Workload
from neuropose_ray.benchmark.settings import BenchmarkSettings
from neuropose_ray.models.metrabs.settings import MetrabsSettings
from neuropose_ray.models.spec import ModelSpec
from neuropose_ray.models.weights import Weights
from neuropose_ray.schemas.parquet_files import write_predictions
from neuropose_ray.schemas.performance import PerformanceMetrics
from neuropose_ray.service.settings import load_settings

FRAMES = 6


class Bench:
    """A workload, and finished passes of it."""

    def __init__(self, folder):
        self._folder, self._made = folder, 0
        weights = Weights(folder / "model", "ab" * 32, "stand_in", "metrabs")
        spec = ModelSpec(weights, MetrabsSettings(device="gpu:0"))
        self.work = Workload((folder / "frames",), load_settings(environment={}), spec, folder)
        self.heard = []

    def finished(self, device, total_s, moved_mm=0.0, persons=1, first_ms=900.0):
        """A pass over ``FRAMES`` frames; its joints lie ``moved_mm`` off those of a pass with 0."""
        self._made += 1
        path = self._folder / f"{self._made}.parquet"
        table = table_of(FRAMES, persons)
        table.poses.poses3d[-1, 1, 2] += np.float32(moved_mm)
        write_predictions(path, table, header_of(table))
        metrics = PerformanceMetrics(
            total_seconds=total_s, per_frame_latencies_ms=(first_ms, *[1000 * total_s / FRAMES] * (FRAMES - 1)),
            peak_rss_mb=100, active_device=device, tensorflow_version="unknown", frames=FRAMES, workers=1,
            decode_seconds=0, infer_seconds=total_s, other_seconds=0,
        )  # fmt: skip
        return Pass(metrics, 0.0, 0.0, 0.0, None, path)

    def compared(self, passes, **options):
        options = BenchmarkSettings(repeats=len(passes), warmup_frames=1, **options)
        return compared_with_cpu(self.work, passes, options, self.heard.append)


@pytest.fixture
def bench(tmp_path):
    return Bench(tmp_path)


def test_passes_that_ran_on_the_cpu_are_compared_with_each_other_and_nothing_else_is_run(bench):
    passes = [bench.finished("cpu", 9.0, 500), bench.finished("cpu", 3.0, 2), bench.finished("cpu", 3.0, 7.5)]
    comparison = bench.compared(passes)
    assert comparison.already_on_cpu
    assert comparison.primary_aggregate == comparison.cpu_aggregate
    assert comparison.speedup == 1
    assert comparison.max_poses3d_divergence_mm == pytest.approx(5.5, abs=1e-3)  # the last against the one before
    assert comparison.frame_count_compared == FRAMES
    assert bench.heard == []


def test_two_passes_are_enough(bench):
    comparison = bench.compared([bench.finished("cpu", 9.0), bench.finished("cpu", 3.0, 1)])
    assert comparison.max_poses3d_divergence_mm == pytest.approx(1, abs=1e-3)
    assert comparison.primary_aggregate.repeats_measured == 1


def test_an_accelerator_is_compared_with_as_many_passes_on_the_cpu_without_the_first_of_each(bench, monkeypatch):
    asked = []

    def on_cpu(work, repeats):
        """Instead of minutes of TensorFlow in a process of its own."""
        asked.append((work, repeats))
        return [bench.finished("cpu", 99.0, 900), bench.finished("cpu", 6.0, 0), bench.finished("cpu", 12.0, 3)]

    monkeypatch.setattr(cpu, "passes_on_cpu", on_cpu)
    passes = [bench.finished("gpu:0", 50.0, 700), bench.finished("gpu:0", 1.0, 5), bench.finished("gpu:0", 1.0, 4)]
    comparison = bench.compared(passes)
    assert asked == [(bench.work, 3)]
    assert not comparison.already_on_cpu
    # 6 frames a second against the mean of 1 and 0.5.
    assert comparison.primary_aggregate.mean_throughput_fps == pytest.approx(6)
    assert comparison.cpu_aggregate.mean_throughput_fps == pytest.approx(0.75)
    assert comparison.speedup == pytest.approx(8)
    assert comparison.max_poses3d_divergence_mm == pytest.approx(1, abs=1e-3)  # the last ones of both
    # Without the first frame of every pass.
    assert comparison.primary_aggregate.p99_frame_latency_ms == pytest.approx(1000 / 6)
    assert comparison.cpu_aggregate.p99_frame_latency_ms == pytest.approx(2000)
    assert bench.heard == ["the same on the CPU, 3 passes"]


def test_frames_in_which_one_saw_more_people_are_not_compared(bench):
    comparison = bench.compared(
        [bench.finished("cpu", 9.0), bench.finished("cpu", 3.0), bench.finished("cpu", 3.0, persons=2)]
    )
    assert (comparison.max_poses3d_divergence_mm, comparison.frame_count_compared) == (0, 0)


def test_a_cpu_without_throughput_gives_no_endless_speedup(bench, monkeypatch):
    monkeypatch.setattr(cpu, "passes_on_cpu", lambda work, repeats: [bench.finished("cpu", 0.0)] * 2)
    assert bench.compared([bench.finished("gpu:0", 1.0)] * 2).speedup == 0


@pytest.mark.endurance
def test_passes_on_the_cpu_run_there_whatever_device_and_engine_are_set(bench, tmp_path):
    import cv2

    folder = bench.work.videos[0]
    folder.mkdir()
    for number in range(3):
        frame = np.zeros((120, 160, 3), np.uint8)
        paint(frame, RED, (10 + number, 10, 40, 40))
        cv2.imwrite(str(folder / f"image_{number}.png"), frame[..., ::-1])
    weights = Weights(build_stand_in(tmp_path / "model"), "ab" * 32, "stand_in", "metrabs")
    spec = ModelSpec(weights, MetrabsSettings(device="gpu:0"))
    on_ray = load_settings(None, {"engine": {"kind": "ray", "address": "local", "workers": 2}}, environment={})
    passes = passes_on_cpu(Workload((folder,), on_ray, spec, tmp_path), 2)
    assert [each.metrics.active_device for each in passes] == ["cpu", "cpu"]
    assert [each.metrics.workers for each in passes] == [1, 1]
    assert passes[0].table().persons_per_frame().tolist() == [1, 1, 1]
