"""Tests lie where a reader looks: each module has a test file of its name, or a reason why not."""

import ast
from pathlib import Path

import pytest
from test_rooms import PACKAGE

TESTS = Path(__file__).parent
LONGEST = 350
#: Modules that are tested by another file, and why it is there and not in one of their name.
TESTED_ELSEWHERE = {
    "benchmark/mediapipe_loop.py": "benchmark/test_mediapipe_baseline.py",  # a script for another interpreter
    "examples/service_client.py": "service/test_service_client_example.py",  # where the running service is
    "pipeline/chunks/stalls.py": "pipeline/chunks/test_worker.py",  # with the tries that they end
    "pipeline/engines/local.py": "pipeline/test_run.py",  # engines are compared with each other
    "pipeline/engines/ray_tasks.py": "pipeline/test_run.py",  # on a cluster
    "pipeline/engines/start.py": "pipeline/test_run.py",  # what it starts is what runs
    "rules/episode.py": "rules/test_engine.py",  # an episode is what the engine makes of frames
    "pipeline/curation/conclusions.py": "pipeline/curation/test_run.py",  # the stages are tested as a run
    "pipeline/curation/duplicates.py": "pipeline/curation/test_run.py",
    "pipeline/curation/frame_metrics.py": "pipeline/curation/test_run.py",
    "pipeline/curation/frame_rows.py": "pipeline/curation/test_run.py",
    "pipeline/curation/inspection.py": "cli/test_curate.py",
    "pipeline/curation/measuring.py": "pipeline/curation/test_run.py",
    "pipeline/curation/staging.py": "pipeline/curation/test_run.py",  # where a run dies between its steps
    "pipeline/curation/streams.py": "pipeline/curation/test_run.py",
    "pipeline/curation/summary.py": "cli/test_curate.py",  # what is printed
    "curation/ledger_records.py": "curation/test_ledger.py",
    "curation/ledger_file.py": "curation/test_ledger.py",  # by the ledger that is kept in it
    "formats/datasets/jsonl.py": "formats/datasets/test_writing.py",  # what is read back of whole data sets
    "formats/datasets/parquet.py": "formats/datasets/test_writing.py",
    "service/live/connection.py": "service/live/test_websocket.py",  # by clients over real connections
    "service/live/databases.py": "service/live/test_hub.py",
    "service/live/directory.py": "service/live/test_stream_routes.py",
    "service/live/entrance.py": "service/live/test_live_streams_of_the_service.py",  # the running application
    "service/live/hub_client.py": "service/live/test_stream_routes.py",
    "service/live/metrics.py": "service/live/test_live_streams_of_the_service.py",
    "service/live/pose_client.py": "service/live/test_live_streams_of_the_service.py",  # through Serve
    "service/live/rule_runs.py": "service/live/test_websocket.py",
    "service/live/sources.py": "service/live/test_live_streams_of_the_service.py",
    "service/live/tables.py": "service/live/test_registry.py",  # by what is written into them
    "service/jobs/stored_jobs.py": "service/jobs/test_durable.py",  # of jobs that the queue has written
    "service/jobs/list_calls.py": "service/jobs/test_batches.py",  # by the manager that has them
    "service/app.py": "service/http/test_operations.py",  # the running application
    "service/runner.py": "service/test_kills_of_the_service.py",  # the process that is killed
}
#: Modules of types, names and defaults alone: there is nothing in them that could be wrong by itself.
TYPES = {
    "benchmark/defaults.py", "cli/options.py", "render/overlay/choices.py", "schemas/job_names.py",
    "schemas/motion_series.py", "schemas/batches.py",
    "models/detectors/protocol.py", "models/segmenters/protocol.py",
    "models/protocol.py", "pipeline/engines/protocol.py", "pipeline/state/progress.py", "schemas/depth_prior.py",
    "service/pose/requests.py", "rules/branches/protocol.py", "stores/protocol.py", "video/live/types.py",
    "analysis/body/records.py", "analysis/body/settings.py",
    "schemas/service_status.py",
    "service/live/settings.py", "service/live/stream_parts.py",
    "errors/analysis.py", "errors/inputs.py", "errors/live.py", "errors/runs.py", "errors/service.py",
}  # fmt: skip


def modules() -> list[str]:
    files = (path.relative_to(PACKAGE).as_posix() for path in PACKAGE.rglob("*.py") if path.name != "__init__.py")
    return sorted(files)


def test_of(module: str) -> Path:
    path = Path(module)
    return TESTS / path.parent / f"test_{path.name}"


test_of.__test__ = False


@pytest.mark.parametrize("module", modules())
def test_every_module_has_a_test_file_of_its_name_or_a_reason(module: str):
    listed = module in TESTED_ELSEWHERE or module in TYPES
    assert test_of(module).exists() != listed, (
        "write a test file of its name" if not listed else "it has a test file of its name: take it off the list"
    )


def test_what_is_listed_is_there_and_is_tested_where_it_is_said():
    assert set(TESTED_ELSEWHERE) | TYPES <= set(modules())
    for module, tests in TESTED_ELSEWHERE.items():
        assert (TESTS / tests).exists(), f"{module}: {tests} is not there"


@pytest.mark.parametrize("module", sorted(TYPES))
def test_modules_of_types_alone_have_no_code_that_decides(module: str):
    tree = ast.parse((PACKAGE / module).read_text("utf-8"))
    assert not [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.If | ast.For | ast.While | ast.Try)
        and not (isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING")
    ]


def test_no_module_is_longer_than_a_reader_takes_in():
    lengths = {module: len((PACKAGE / module).read_text("utf-8").splitlines()) for module in modules()}
    assert {module: length for module, length in lengths.items() if length > LONGEST} == {}
