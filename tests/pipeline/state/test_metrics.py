"""Metrics of runs on Ray, from the workers' counters to the panels of the dashboard."""

import json
import re
import subprocess
import sys
import time
import urllib.request
from collections import defaultdict
from pathlib import Path

import pytest

from neuropose_ray.benchmark.synthetic import SCENE_FRAMES, SyntheticSpec, write_synthetic_video
from neuropose_ray.pipeline.state.grafana import dashboard_json
from neuropose_ray.pipeline.state.metrics import DRIVER_METRICS, WORKER_METRICS
from neuropose_ray.service.jobs.metrics import JOB_METRICS
from neuropose_ray.service.live.metrics import LIVE_METRICS

EXPORTED = {
    metric.exported_name: metric for metric in (*WORKER_METRICS, *DRIVER_METRICS, *LIVE_METRICS, *JOB_METRICS)
}


def panels() -> list[dict]:
    return json.loads(dashboard_json())["panels"]


def expressions() -> list[str]:
    return [target["expr"] for panel in panels() for target in panel["targets"]]


def test_the_dashboard_shows_every_metric_and_no_other():
    assert set(re.findall(r"\bray_\w+", " ".join(expressions()))) == EXPORTED.keys()


def test_every_query_of_the_dashboard_is_of_the_chosen_run_or_of_streams_and_jobs_which_have_none():
    of_runs = [expression for expression in expressions() if not re.search("ray_neuropose_(live|job)", expression)]
    assert all(expression.count("ray_neuropose") == expression.count('{run=~"$run"}') for expression in of_runs)
    assert len(of_runs) < len(expressions())


def test_panels_are_grouped_by_tags_that_their_metrics_have():
    for expression in expressions():
        for grouped, name in re.findall(r"by \(([\w, ]+)\) \((?:(?:rate|increase)\()?(\w+)[{)\[]", expression):
            assert set(grouped.split(", ")) <= {"run", *EXPORTED[name].tags}


def test_panels_have_titles_descriptions_and_places_of_their_own():
    assert all(panel["title"] and panel["description"] and panel["type"] == "timeseries" for panel in panels())
    assert len({panel["id"] for panel in panels()}) == len(panels())
    assert len({(panel["gridPos"]["x"], panel["gridPos"]["y"]) for panel in panels()}) == len(panels())


def test_a_run_on_threads_does_not_load_ray(tmp_path: Path):
    script = f"""
import sys
from pathlib import Path
from neuropose_ray.benchmark.synthetic import SyntheticSpec, write_synthetic_video
from neuropose_ray.pipeline.engines.start import started_engine
from neuropose_ray.pipeline.state.progress import NullReporter
from neuropose_ray.pipeline.run import run
from neuropose_ray.service.settings import load_settings
folder = Path({str(tmp_path)!r})
write_synthetic_video(folder / "v.mp4", 1)
settings, spec = load_settings(None, {{"engine": {{"kind": "local"}}}}, {{}}), SyntheticSpec(0)
with started_engine(settings.engine, spec, "test") as engine:
    run([folder / "v.mp4"], folder / "out", settings=settings, spec=spec, engine=engine, progress=NullReporter())
print("ray" in sys.modules, "neuropose_ray.pipeline.state.metrics" in sys.modules)
"""
    printed = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout
    assert printed.split() == ["False", "False"]


def exported() -> dict[str, dict[tuple[str, ...], float]]:
    """What the metrics port of the node shows of ours: name -> tag values of one run, summed over processes."""
    import ray

    (node,) = (node for node in ray.nodes() if node["Alive"])
    url = f"http://{node['NodeManagerAddress']}:{node['MetricsExportPort']}/metrics"
    with urllib.request.urlopen(url, timeout=10) as answer:
        lines = answer.read().decode().splitlines()
    values: dict[str, dict[tuple[str, ...], float]] = defaultdict(lambda: defaultdict(float))
    for line in lines:
        name, labels, value = re.match(r"(\w+)(?:\{(.*)\})? (\S+)$", line).groups() if line[0] != "#" else ("",) * 3
        tags = dict(re.findall(r'(\w+)="([^"]*)"', labels or ""))
        if tags.get("run") == "metered" and name in EXPORTED:
            values[name][tuple(tags[tag] for tag in EXPORTED[name].tags)] += float(value)
    return values


@pytest.mark.ray
@pytest.mark.usefixtures("ray_cluster")
@pytest.mark.slow
def test_the_nodes_metrics_port_shows_what_a_run_did(tmp_path: Path):
    from neuropose_ray.pipeline.engines.start import started_engine
    from neuropose_ray.pipeline.planning.plan_file import write_plan  # noqa: F401
    from neuropose_ray.pipeline.run import run
    from neuropose_ray.pipeline.state.progress import NullReporter
    from neuropose_ray.service.settings import load_settings

    write_synthetic_video(tmp_path / "v.mp4", 4)
    settings = load_settings(None, {"engine": {"kind": "ray"}, "video": {"chunk_frames": SCENE_FRAMES}}, {})
    spec = SyntheticSpec(frame_ms=1, batch_size=10)
    with started_engine(settings.engine, spec, "metered") as engine:
        run(
            [tmp_path / "v.mp4"],
            tmp_path / "out",
            settings=settings,
            spec=spec,
            engine=engine,
            progress=NullReporter(),
        )
    frames, calls = 4 * SCENE_FRAMES, 4 * 4  # three whole batches a chunk, and one of two frames
    wanted = {"frames_decoded": frames, "frames_inferred": frames, "persons": frames, "batch_slots": 10 * calls}
    for _ in range(60):  # processes report every ten seconds
        shown = exported()
        if all(shown[f"ray_neuropose_{name}_total"][()] == value for name, value in wanted.items()):
            break
        time.sleep(0.5)
    assert {name: shown[f"ray_neuropose_{name}_total"][()] for name in wanted} == wanted
    assert shown["ray_neuropose_inference_seconds_total"][()] >= frames * 0.001
    assert shown["ray_neuropose_decode_seconds_total"][()] > 0
    assert shown["ray_neuropose_chunks_left"][()] == 0
    assert "ray_neuropose_chunk_failures_total" not in shown
