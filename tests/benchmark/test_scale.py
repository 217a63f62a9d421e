import pytest

from neuropose_ray.benchmark.scale import FULL, ScaleSettings, run_scale, straight_line
from neuropose_ray.benchmark.scale_report import format_scale
from neuropose_ray.schemas.scale import ScaleResult

SMALL = ScaleSettings(frame_ms=0.5, frames=512, rounds=1, chunk_counts=(1, 4), resume_chunks=20)


def test_fixed_cost_and_cost_of_a_chunk_are_those_of_a_straight_line():
    fixed_s, chunk_s = straight_line([1, 10, 100], [2.03, 2.30, 5.00])
    assert fixed_s == pytest.approx(2.0)
    assert chunk_s == pytest.approx(0.03)


def test_the_full_suite_has_the_size_that_promises_are_made_of():
    assert (FULL.frames, FULL.resume_chunks, FULL.frame_ms) == (20_000, 10_000, 5.0)


@pytest.fixture(scope="module")
def measured(ray_cluster) -> tuple[ScaleResult, list[str]]:
    said: list[str] = []
    return run_scale(SMALL, said.append), said


@pytest.mark.ray
@pytest.mark.endurance
def test_every_engine_is_measured_beside_the_bare_model(measured):
    result, said = measured
    assert [each.engine for each in result.throughput] == ["threads", "ray fused", "ray split"]
    assert (result.frames, result.chunk_frames, len(result.ceiling_fps)) == (512, 256, 1)
    for each in result.throughput:
        assert each.ratios == pytest.approx([each.rates_fps[0] / result.ceiling_fps[0]])
        assert 0 < each.median_whole_ratio <= each.median_ratio
    assert "round 1 of 1: ray fused" in said


@pytest.mark.ray
@pytest.mark.endurance
def test_chunks_are_priced_for_every_engine(measured):
    result, _ = measured
    assert [cost.chunks for cost in result.chunk_cost] == [(1, 4)] * 3
    for cost in result.chunk_cost:
        assert cost.seconds == pytest.approx([cost.fixed_s + count * cost.chunk_ms / 1000 for count in cost.chunks])


@pytest.mark.ray
@pytest.mark.endurance
def test_a_finished_run_computes_nothing_again(measured):
    resume = measured[0].resume
    assert (resume.chunks, resume.videos, resume.frames_computed_again) == (20, 2, 0)
    assert 0 < resume.again_s < resume.first_s


@pytest.mark.ray
@pytest.mark.endurance
def test_the_result_is_json_and_a_table(measured):
    result, _ = measured
    assert ScaleResult.model_validate_json(result.model_dump_json()) == result
    report = format_scale(result)
    assert "512 frames of 0.5 ms in chunks of 256" in report
    assert f"{result.throughput[1].median_ratio:.3f}" in report
    assert "20 chunks in 2 videos, started again" in report
