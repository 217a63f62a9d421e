import json

import numpy as np
import pytest
from schemas.pose_tables import PROVENANCE
from schemas.test_benchmark import AGGREGATE, LATENCIES, PASS, result
from support import neuropose_loader

from neuropose_ray.errors import FileFormatError, FutureSchemaError, InputNotFoundError
from neuropose_ray.schemas.benchmark import CpuComparison
from neuropose_ray.schemas.json_files import save_model
from neuropose_ray.schemas.neuropose_benchmark import (
    load_benchmark,
    neuropose_benchmark,
    save_neuropose_benchmark,
)

COMPARISON = CpuComparison(
    primary_aggregate=AGGREGATE, cpu_aggregate=AGGREGATE, speedup=1.5, max_poses3d_divergence_mm=0.1,
    frame_count_compared=7, already_on_cpu=False,
)  # fmt: skip
RESULTS = [result(), result(cpu_comparison=COMPARISON), result(provenance=PROVENANCE)]


@pytest.mark.parametrize("ours", RESULTS)
def test_neuropose_loads_our_figures_and_we_load_them_again(tmp_path, ours):
    save_neuropose_benchmark(tmp_path / "ours.json", ours)
    theirs = neuropose_loader.load_benchmark_result(tmp_path / "ours.json")
    assert theirs.aggregate.model_dump() == ours.aggregate.model_dump()
    assert (theirs.cpu_comparison is None) == (ours.cpu_comparison is None)
    neuropose_loader.save(tmp_path / "theirs.json", theirs)
    assert load_benchmark(tmp_path / "theirs.json") == neuropose_benchmark(ours)


def any_number(random):
    return float(random.choice([0.0, random.random(), 10.0 ** random.integers(-300, 300)]))


def any_pass(random):
    latencies = tuple(any_number(random) for _ in range(random.integers(4)))
    load = any_number(random) if random.random() < 0.5 else None
    numbers = {name: any_number(random) for name in ("total_seconds", "peak_rss_mb")}
    changes = {"model_load_seconds": load, "per_frame_latencies_ms": latencies, "active_device": "gpu:0 \u00e4"}
    return PASS.model_copy(update=changes | numbers)


def any_result(random):
    aggregate = AGGREGATE.model_copy(update={name: any_number(random) for name in LATENCIES})
    comparison = COMPARISON.model_copy(update={"cpu_aggregate": aggregate, "speedup": any_number(random)})
    return result(
        video_name="walk \u00e4.mp4",
        repeats=int(random.integers(2, 9)),
        warmup_frames=int(random.integers(9)),
        warmup_pass=any_pass(random),
        measured_passes=tuple(any_pass(random) for _ in range(random.integers(4))),
        aggregate=aggregate,
        cpu_comparison=comparison if random.random() < 0.5 else None,
        provenance=PROVENANCE if random.random() < 0.5 else None,
    )


@pytest.mark.parametrize("version", [1, 2])
def test_100_benchmarks_come_back_through_neuroposes_loader_with_equal_figures(tmp_path, version):
    ours, theirs = tmp_path / "ours.json", tmp_path / "theirs.json"
    for seed in range(100):
        measured = any_result(np.random.default_rng(seed))
        save_neuropose_benchmark(ours, measured)
        if version == 1:
            measured = measured.model_copy(update={"provenance": None})
            first = json.loads(ours.read_text())
            del first["schema_version"], first["provenance"]
            ours.write_text(json.dumps(first))
        neuropose_loader.save(theirs, neuropose_loader.load_benchmark_result(ours))
        assert load_benchmark(theirs) == neuropose_benchmark(measured), seed


def test_version_1_has_no_provenance_and_ours_is_whole(tmp_path):
    first = json.loads(neuropose_benchmark(result()).model_dump_json())
    del first["schema_version"], first["provenance"]
    (tmp_path / "first.json").write_text(json.dumps(first))
    assert load_benchmark(tmp_path / "first.json") == neuropose_benchmark(result())
    save_model(tmp_path / "ours.json", result())
    assert load_benchmark(tmp_path / "ours.json") == result()


@pytest.mark.parametrize(("content", "error"), [
    ("[]", FileFormatError), ("{", FileFormatError), ("{}", FileFormatError),
    ('{"schema_version": 99}', FutureSchemaError),
])  # fmt: skip
def test_what_is_no_benchmark_is_refused(tmp_path, content, error):
    (tmp_path / "file.json").write_text(content)
    with pytest.raises(error):
        load_benchmark(tmp_path / "file.json")
    with pytest.raises(InputNotFoundError):
        load_benchmark(tmp_path / "none.json")
