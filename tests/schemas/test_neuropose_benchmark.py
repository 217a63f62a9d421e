import json

import pytest
from schemas.pose_tables import PROVENANCE
from schemas.test_benchmark import AGGREGATE, result
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
