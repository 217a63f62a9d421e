"""What a run knows again of what an earlier one did, and what it finds out anew."""

import os
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from neuropose_ray.benchmark.synthetic import SyntheticSpec
from neuropose_ray.errors import EngineError
from neuropose_ray.pipeline.assembly import assemble
from neuropose_ray.pipeline.engines.local import LocalEngine
from neuropose_ray.pipeline.engines.protocol import Engine
from neuropose_ray.pipeline.inputs.discovery import discover
from neuropose_ray.pipeline.inputs.signature import signature_of
from neuropose_ray.pipeline.planning import plan, planner
from neuropose_ray.pipeline.planning.plan_file import read_plan, write_plan
from neuropose_ray.pipeline.planning.planner import Planner, plan_videos, planner_for
from neuropose_ray.pipeline.run import run
from neuropose_ray.pipeline.settings import RunSettings
from neuropose_ray.pipeline.state.manifest import Manifest, ManifestRow, ManifestWriter
from neuropose_ray.pipeline.state.progress import NullReporter
from neuropose_ray.pipeline.state.run_layout import manifest_folder
from neuropose_ray.pipeline.state.summary import RunSummary
from neuropose_ray.service.settings import load_settings
from neuropose_ray.video import open_source, probe

SPEC = SyntheticSpec(frame_ms=0.0)


@dataclass(frozen=True)
class NamedSpec(SyntheticSpec):
    """The synthetic model under the name of another."""

    backend: str = ""

    @property
    def name(self) -> str:
        return self.backend


def process(inputs: Path, out: Path, **flags: Any) -> RunSummary:
    settings = load_settings(None, flags, environment={})
    with closing(LocalEngine(2)) as engine:
        return run([inputs], out, settings=settings, spec=SPEC, engine=engine, progress=NullReporter())


def planned(clips: Path, known: Manifest, planner: Planner, engine: Engine) -> list[ManifestRow]:
    return [row for rows in plan_videos(discover([clips]).videos(), known, planner, engine) for row in rows]


@pytest.fixture
def clips(test_data: Path, tmp_path: Path) -> Path:
    """Three videos of one frame, with different bytes."""
    folder, content = tmp_path / "in", (test_data / "odd" / "made_one_frame.mp4").read_bytes()
    folder.mkdir()
    for name in ("a", "b", "c"):
        (folder / f"{name}.mp4").write_bytes(content + name.encode())
    return folder


@pytest.fixture
def probed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the videos that are opened from here on."""
    names: list[str] = []
    plan_video = planner.plan_video

    def noted(found, *others):
        names.append(found.name)
        return plan_video(found, *others)

    monkeypatch.setattr(planner, "plan_video", noted)
    return names


def test_an_unchanged_finished_run_is_known_without_opening_a_video(clips: Path, tmp_path: Path, probed: list[str]):
    first = process(clips, tmp_path / "out")
    assert sorted(probed) == ["a", "b", "c"]
    probed.clear()
    again = process(clips, tmp_path / "out")
    assert (probed, again.frames_computed) == ([], 0)
    assert [(video.input, video.state, video.frames) for video in again.videos] == [
        (video.input, video.state, video.frames) for video in first.videos
    ]
    assert [video.computed for video in again.videos] == [False] * 3


def change_content(clips: Path, out: Path) -> None:
    (clips / "b.mp4").write_bytes((clips / "b.mp4").read_bytes() + b"!")


def replace_by_a_file_of_the_same_size_and_time(clips: Path, out: Path) -> None:
    content, times = (clips / "b.mp4").read_bytes(), (clips / "b.mp4").stat()
    (clips / "new").write_bytes(content[:-1] + b"!")
    (clips / "new").replace(clips / "b.mp4")
    os.utime(clips / "b.mp4", ns=(times.st_atime_ns, times.st_mtime_ns))


def damage_predictions(clips: Path, out: Path) -> None:
    path = out / "b" / "predictions.parquet"
    path.write_bytes(path.read_bytes()[:-1] + b"!")


def remove_results(clips: Path, out: Path) -> None:
    (out / "b" / "results.json").unlink()


@pytest.mark.parametrize(
    "harm", [change_content, replace_by_a_file_of_the_same_size_and_time, damage_predictions, remove_results]
)
def test_a_changed_input_or_result_is_noticed_and_done_again(
    clips: Path, tmp_path: Path, probed: list[str], harm: Callable[[Path, Path], None]
):
    process(clips, tmp_path / "out")
    probed.clear()
    harm(clips, tmp_path / "out")
    again = process(clips, tmp_path / "out")
    assert probed == ["b"]
    assert [video.computed for video in again.videos] == [False, True, False]
    assert again.all_well


def test_a_touched_input_is_looked_at_again_but_not_computed(clips: Path, tmp_path: Path, probed: list[str]):
    process(clips, tmp_path / "out")
    probed.clear()
    os.utime(clips / "b.mp4")
    assert process(clips, tmp_path / "out").frames_computed == 0
    assert probed == ["b"]
    process(clips, tmp_path / "out")
    assert probed == ["b"]


@pytest.mark.parametrize(
    "flags", [{"camera": {"field_of_view_degrees": 50}}, {"tracking": {"max_gap_s": 0.1}}, {"fit": True}]
)
def test_other_settings_are_another_request(clips: Path, tmp_path: Path, flags: dict[str, Any]):
    process(clips, tmp_path / "out")
    assert all(video.computed for video in process(clips, tmp_path / "out", **flags).videos)


@pytest.mark.parametrize(
    ("module", "version"),
    [(plan, "DECODING_VERSION"), (plan, "POSES_VERSION"), (assemble, "TRACKS_VERSION"), (assemble, "FILES_VERSION")],
)
def test_a_new_version_is_another_request(
    clips: Path, tmp_path: Path, probed: list[str], monkeypatch: pytest.MonkeyPatch, module: ModuleType, version: str
):
    process(clips, tmp_path / "out")
    probed.clear()
    monkeypatch.setattr(module, version, 99)
    assert all(video.computed for video in process(clips, tmp_path / "out").videos)
    assert sorted(probed) == ["a", "b", "c"]


@pytest.mark.parametrize("lost", ["manifest", "part"])
def test_a_lost_manifest_costs_a_look_at_the_videos_and_nothing_else(
    clips: Path, tmp_path: Path, probed: list[str], lost: str
):
    process(clips, tmp_path / "out")
    probed.clear()
    for part in manifest_folder(tmp_path / "out").iterdir():
        if lost == "manifest":
            part.unlink()
        else:
            part.write_bytes(b"PAR1")
    assert process(clips, tmp_path / "out").frames_computed == 0
    assert sorted(probed) == ["a", "b", "c"]


def test_an_input_that_failed_is_tried_again(clips: Path, tmp_path: Path):
    good = (clips / "b.mp4").read_bytes()
    (clips / "b.mp4").write_bytes(b"")
    assert [video.state for video in process(clips, tmp_path / "out").videos] == ["completed", "failed", "completed"]
    (clips / "b.mp4").write_bytes(good)
    assert process(clips, tmp_path / "out").all_well


def test_what_was_planned_by_a_run_that_died_is_not_planned_again(clips: Path, tmp_path: Path, probed: list[str]):
    settings = load_settings(None, {}, environment={})
    planner = planner_for(settings, SPEC, tmp_path / "out", 2)
    with closing(LocalEngine(2)) as engine:
        rows = planned(clips, Manifest.of([]), planner, engine)
        assert [(row.name, row.state, row.frames, row.chunks) for row in rows] == [
            ("a", "planned", 1, 1), ("b", "planned", 1, 1), ("c", "planned", 1, 1),
        ]  # fmt: skip
        assert len({row.sha256 for row in rows}) == 3
        probed.clear()
        planner.assembly.context.plan_path("c").unlink()
        assert planned(clips, Manifest.of(rows), planner, engine) == rows
    assert probed == ["c"]


def test_a_plan_of_other_settings_is_not_taken_for_ones_own(clips: Path, tmp_path: Path, probed: list[str]):
    """As where a run with other settings was killed after it wrote a plan and before it wrote the row."""
    made = planner_for(RunSettings(), SPEC, tmp_path / "out", 2)
    with closing(LocalEngine(2)) as engine:
        rows = planned(clips, Manifest.of([]), made, engine)
        path = made.assembly.context.plan_path("b")
        plan = read_plan(path)
        write_plan(path, replace(plan, keys=tuple("0" * 64 for _ in plan.keys)))
        probed.clear()
        assert planned(clips, Manifest.of(rows), made, engine) == rows
        assert probed == ["b"]
        assert read_plan(path).keys == plan.keys


def test_of_a_file_with_several_names_one_is_probed(clips: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    for number in range(3):
        os.link(clips / "b.mp4", clips / f"link_{number}.mp4")
    (clips / "copy.mp4").write_bytes((clips / "b.mp4").read_bytes())
    read: list[str] = []
    monkeypatch.setattr(planner, "probe", lambda source: read.append(source.path.name) or probe(source))
    monkeypatch.setattr(planner, "_batches", lambda videos, size: iter([videos]))
    with closing(LocalEngine(2)) as engine:
        made = planner_for(RunSettings(), SPEC, tmp_path / "out", 2)
        rows = planned(clips, Manifest.of([]), made, engine)
    assert read == ["a.mp4", "b.mp4", "c.mp4", "copy.mp4"]
    plans = [read_plan(made.assembly.context.plan_path(row.name)) for row in rows]
    assert [plan.info.source.path.stem for plan in plans] == [row.name for row in rows]
    assert len({row.sha256 for row in rows}) == 3
    assert {row.sha256 for row in rows if row.name.startswith("link")} == {row.sha256 for row in rows[1:2]}


def test_a_file_that_changes_between_two_of_its_names_is_probed_again(clips: Path):
    os.link(clips / "b.mp4", clips / "link.mp4")
    probes = planner._Probes()
    before = [signature_of(clips / name) for name in ("b.mp4", "link.mp4")]
    assert before[0] == before[1]
    first = probes.of(before[0], open_source(clips / "b.mp4"))
    (clips / "b.mp4").write_bytes((clips / "b.mp4").read_bytes() + b"more")
    changed = signature_of(clips / "link.mp4")
    assert probes.of(changed, open_source(clips / "link.mp4")).sha256 != first.sha256


def test_a_damaged_plan_fails_its_video_and_is_made_again_by_the_next_run(clips: Path, tmp_path: Path):
    out = tmp_path / "out"
    with closing(LocalEngine(2)) as engine:
        made = planner_for(load_settings(None, {}, environment={}), SPEC, out, 2)
        with ManifestWriter(manifest_folder(out)) as writer:
            writer.add(planned(clips, Manifest.of([]), made, engine))
    path = made.assembly.context.plan_path("c")
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)
    assert [video.state for video in process(clips, out).videos] == ["completed", "completed", "failed"]
    assert process(clips, out).all_well


def test_a_dry_run_writes_no_plan(clips: Path, tmp_path: Path):
    settings = load_settings(None, {}, environment={})
    planner = planner_for(settings, SPEC, tmp_path / "out", 2, keep=False)
    with closing(LocalEngine(2)) as engine:
        assert len(planned(clips, Manifest.of([]), planner, engine)) == 3
    assert not (tmp_path / "out").exists()


class Frail(LocalEngine):
    """An engine whose tasks die with one of the inputs, as those of a cluster may."""

    def map(self, function, items, name):
        for item in items:
            videos = [video.name for video, _ in item]
            yield EngineError("its process died without a word") if "b" in videos else function(item)


def test_an_input_that_ends_its_process_fails_alone(clips: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(planner, "_batches", lambda videos, size: iter([videos]))
    settings = load_settings(None, {}, environment={})
    with closing(Frail(2)) as engine:
        summary = run([clips], tmp_path / "out", settings=settings, spec=SPEC, engine=engine, progress=NullReporter())
    assert [video.state for video in summary.videos] == ["completed", "failed", "completed"]
    assert summary.videos[1].errors[0].message == "its process died without a word"


def half_or_die(number: int) -> int:
    return os._exit(1) if number == 3 else number // 2


@pytest.mark.ray
@pytest.mark.slow
def test_planning_runs_as_tasks_of_a_cluster(ray_cluster: str, clips: Path, tmp_path: Path):
    from neuropose_ray.pipeline.engines.ray_data import RayEngine
    from neuropose_ray.pipeline.settings import EngineSettings

    engine = RayEngine(EngineSettings(workers=1), SPEC, run_name="test")
    planner: Planner = planner_for(load_settings(None, {}, environment={}), SPEC, tmp_path / "out", 1)
    rows = planned(clips, Manifest.of([]), planner, engine)
    assert [(row.name, row.state) for row in rows] == [("a", "planned"), ("b", "planned"), ("c", "planned")]
    assert all(planner.assembly.context.plan_path(name).exists() for name in "abc")
    halves = list(engine.map(half_or_die, range(6), "test"))
    assert [half if isinstance(half, int) else type(half) for half in halves] == [0, 0, 1, EngineError, 2, 2]


@pytest.mark.parametrize(
    ("model", "given", "axes", "prior"),
    [
        ("blazepose", {}, "viewing_ray", "learnt"),
        ("blazepose", {"depth_prior": "off"}, "viewing_ray", "off"),
        ("metrabs", {}, "camera", "off"),
        ("metrabs", {"model_axes": "viewing_ray"}, "viewing_ray", "off"),
        ("metrabs", {"depth_prior": "learnt"}, "camera", "learnt"),
    ],
)
def test_the_fit_suits_the_pose_model_unless_told_otherwise(model: str, given: dict[str, str], axes: str, prior: str):
    settings = load_settings(None, {"fit": True, "fitting": given}, environment={})
    fitting = planner_for(settings, NamedSpec(backend=model), Path("out"), 1).assembly.fitting
    assert fitting is not None
    assert (fitting.model_axes, fitting.depth_prior) == (axes, prior)
