import pytest
from pydantic import ValidationError

from neuropose_ray.schemas.scale import ChunkCost, ResumeCost, ScaleResult, Throughput

THROUGHPUT = Throughput(
    engine="threads", workers=2, rates_fps=(9.0,), whole_rates_fps=(8.0,), ratios=(0.9,), whole_ratios=(0.8,),
    median_ratio=0.9, median_whole_ratio=0.8,
)  # fmt: skip
COST = ChunkCost(engine="threads", workers=2, chunks=(1, 10), seconds=(1.0, 1.2), fixed_s=0.98, chunk_ms=22.0)
RESUME = ResumeCost(chunks=10, videos=1, first_s=2.0, again_s=0.1, frames_computed_again=0)


def result(**changes):
    fields = {
        "cores": 2, "load_before": 0.1, "frame_ms": 5.0, "frames": 100, "chunk_frames": 10, "ceiling_fps": (10.0,),
        "throughput": (THROUGHPUT,), "chunk_cost": (COST,), "resume": RESUME,
    }  # fmt: skip
    return ScaleResult(**(fields | changes))


def test_a_result_comes_back_from_json():
    assert ScaleResult.model_validate_json(result().model_dump_json()) == result()


def test_the_straight_line_may_go_below_nothing_but_times_may_not():
    assert COST.model_copy(update={"fixed_s": -0.1}).fixed_s < 0
    assert ChunkCost.model_validate(COST.model_dump() | {"fixed_s": -0.1}).fixed_s == -0.1
    with pytest.raises(ValidationError, match="seconds"):
        ChunkCost.model_validate(COST.model_dump() | {"seconds": (-1.0,)})


@pytest.mark.parametrize(("name", "value"), [("cores", 0), ("frames", 0), ("frame_ms", -1), ("load_before", None)])
def test_figures_that_make_no_sense_are_refused_by_name(name, value):
    with pytest.raises(ValidationError, match=name):
        result(**{name: value})
