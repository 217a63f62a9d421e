"""The tables of the scale suite: a row for each engine, the median of its rounds, and what a finished run costs."""

from neuropose_ray.benchmark.scale_report import format_scale
from neuropose_ray.schemas.scale import ChunkCost, ResumeCost, ScaleResult, Throughput


def throughput(engine: str, workers: int, *rates: float) -> Throughput:
    halves = tuple(rate / 2 for rate in rates)
    return Throughput(
        engine=engine, workers=workers, rates_fps=rates, whole_rates_fps=halves, ratios=(1.0,) * len(rates),
        whole_ratios=(0.5,) * len(rates), median_ratio=0.912, median_whole_ratio=0.456,
    )  # fmt: skip


RESULT = ScaleResult(
    cores=4, load_before=0.25, frame_ms=0.5, frames=512, chunk_frames=256, ceiling_fps=(300.0, 100.0, 200.0),
    throughput=(throughput("threads", 1, 90.0, 70.0, 80.0), throughput("ray fused", 4, 10.0, 20.0, 30.0)),
    chunk_cost=(
        ChunkCost(engine="threads", workers=4, chunks=(10, 100), seconds=(0.5, 1.0), fixed_s=0.44, chunk_ms=5.55),
    ),
    resume=ResumeCost(chunks=20, videos=2, first_s=3.21, again_s=0.05, frames_computed_again=0),
)  # fmt: skip


def cells(engine: str, text: str) -> list[list[str]]:
    return [line.removeprefix(engine).split() for line in text.splitlines() if line.startswith(engine)]


def test_throughput_is_the_median_round_of_each_engine():
    text = format_scale(RESULT)
    assert cells("threads ", text)[0] == ["1", "80", "0.912", "40", "0.456"]
    assert cells("ray fused ", text)[0] == ["4", "20", "0.912", "10", "0.456"]
    assert "3 rounds; the bare model reaches 200 frames/s" in text


def test_cost_of_chunks_has_a_column_for_each_count():
    text = format_scale(RESULT)
    assert cells("chunks ", text)[0] == ["10", "100", "fixed", "each", "chunk"]
    assert cells("threads ", text)[1] == ["0.50", "1.00", "0.44", "s", "5.5", "ms"]


def test_a_run_that_is_started_again_says_what_it_cost_and_computed():
    text = format_scale(RESULT)
    assert "20 chunks in 2 videos, started again: 0.05 s, 25.0 ms a video, 0 frames computed" in text
    assert "took 3.2 s" in text


def test_columns_stand_below_each_other():
    lines = [line for line in format_scale(RESULT).splitlines() if line.startswith(("threads", "ray"))]
    assert len({len(line) for line in lines[:2]}) == 1
    assert not format_scale(RESULT).endswith("\n")
