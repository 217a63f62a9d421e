"""Results in an object store."""

import json
import os
import shutil
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from neuropose_ray.benchmark.synthetic import SyntheticSpec
from neuropose_ray.errors import OutputError, SettingsError
from neuropose_ray.pipeline.assembly.result_mirror import ResultStore, output_folder
from neuropose_ray.pipeline.engines.local import LocalEngine
from neuropose_ray.pipeline.run import run
from neuropose_ray.pipeline.state.progress import NullReporter
from neuropose_ray.pipeline.state.summary import RunSummary
from neuropose_ray.service.settings import load_settings

FILES = {"predictions.parquet", "results.json", "metrics.json"}


def process(inputs: Path, folder: Path, url: str) -> RunSummary:
    settings, store = load_settings(None, {}, {}), ResultStore(url, folder)
    with closing(LocalEngine(2)) as engine:
        return run(
            [inputs], folder, settings=settings, spec=SyntheticSpec(frame_ms=0.0), engine=engine,
            progress=NullReporter(), store=store,
        )  # fmt: skip


@pytest.fixture
def clips(test_data: Path, tmp_path: Path) -> Path:
    folder, content = tmp_path / "in", (test_data / "odd" / "made_one_frame.mp4").read_bytes()
    folder.mkdir()
    for name in ("a", "b"):
        (folder / f"{name}.mp4").write_bytes(content + name.encode())
    (folder / "broken.mp4").touch()
    return folder


@pytest.fixture
def bucket(tmp_path: Path) -> Path:
    return tmp_path / "bucket"


def stored(bucket: Path) -> dict[str, set[str]]:
    return {folder.name: {file.name for file in folder.iterdir()} for folder in bucket.iterdir() if folder.is_dir()}


def test_whole_videos_and_the_summary_are_stored_and_nothing_else(clips: Path, bucket: Path, tmp_path: Path):
    process(clips, tmp_path / "here", bucket.as_uri())
    assert stored(bucket) == {"a": FILES, "b": FILES}
    videos = json.loads((bucket / "summary.json").read_text())["videos"]
    assert [video["state"] for video in videos] == ["completed", "completed", "failed"]


def test_a_run_in_an_empty_folder_goes_on_from_the_store(clips: Path, bucket: Path, tmp_path: Path):
    process(clips, tmp_path / "here", bucket.as_uri())
    (bucket / "b" / "metrics.json").unlink()  # as a run that died while it stored
    again = process(clips, tmp_path / "elsewhere", bucket.as_uri())
    assert [(video.name, video.computed) for video in again.videos[:2]] == [("a", False), ("b", True)]
    assert stored(bucket) == {"a": FILES, "b": FILES}


def test_results_that_were_damaged_in_the_store_are_made_again(clips: Path, bucket: Path, tmp_path: Path):
    process(clips, tmp_path / "here", bucket.as_uri())
    (bucket / "a" / "predictions.parquet").write_bytes(b"PAR1")
    assert [video.computed for video in process(clips, tmp_path / "new", bucket.as_uri()).videos[:2]] == [True, False]
    assert (bucket / "a" / "predictions.parquet").stat().st_size > 4


def test_what_could_not_be_stored_is_stored_by_the_next_run(clips: Path, bucket: Path, tmp_path: Path):
    process(clips, tmp_path / "here", bucket.as_uri())
    shutil.rmtree(bucket)
    assert process(clips, tmp_path / "here", bucket.as_uri()).frames_computed == 0
    assert stored(bucket) == {"a": FILES, "b": FILES}


def test_what_was_made_from_older_predictions_leaves_the_store_with_them(clips: Path, bucket: Path, tmp_path: Path):
    process(clips, tmp_path / "here", bucket.as_uri())
    for name in ("a", "b"):
        for file in ("overlay.mp4", "analysis.json", "predictions.csv", "notes.txt"):
            (bucket / name / file).write_text("made elsewhere")
    (tmp_path / "here" / "a" / "report.html").write_text("of the same predictions")
    process(clips, tmp_path / "here", bucket.as_uri())
    made = {"overlay.mp4", "analysis.json", "predictions.csv", "notes.txt"}
    assert stored(bucket) == {"a": FILES | made | {"report.html"}, "b": FILES | made}
    (clips / "a.mp4").rename(clips / "a.MP4")  # another name in the predictions
    process(clips, tmp_path / "here", bucket.as_uri())
    assert stored(bucket) == {"a": FILES | {"notes.txt"}, "b": FILES | made}


def test_what_is_stored_is_not_stored_again(clips: Path, bucket: Path, tmp_path: Path):
    process(clips, tmp_path / "here", bucket.as_uri())
    before = {path: path.stat().st_mtime_ns for path in bucket.rglob("*.parquet")}
    process(clips, tmp_path / "here", bucket.as_uri())
    assert {path: path.stat().st_mtime_ns for path in bucket.rglob("*.parquet")} == before


def test_what_is_no_result_of_a_video_is_not_fetched(bucket: Path, tmp_path: Path):
    for file in ("metrics.json", "deep/er.txt"):
        (bucket / "a" / file).parent.mkdir(parents=True, exist_ok=True)
        (bucket / "a" / file).write_text("{}")
    ResultStore(bucket.as_uri(), tmp_path / "work").restore(["a"])
    assert {path.name for path in (tmp_path / "work" / "a").iterdir()} == {"metrics.json", ".stored"}


def test_a_store_that_cannot_be_reached_is_one_line(clips: Path, tmp_path: Path):
    with pytest.raises(OutputError) as caught:
        process(clips, tmp_path / "here", "nosuchscheme://bucket/results")
    assert str(caught.value).startswith("nosuchscheme://bucket/results: results cannot be stored")


def test_the_same_url_has_the_same_folder():
    assert output_folder("s3://a/b")[0] == output_folder("s3://a/b/")[0]
    assert output_folder("s3://a/b")[0] != output_folder("s3://a/c")[0]


def test_an_output_that_is_a_url_has_a_folder_here(tmp_path: Path):
    folder, store = output_folder("s3://bucket/trials", tmp_path)
    assert store is not None
    assert (folder, store.url, store.folder) == (tmp_path, "s3://bucket/trials", tmp_path)
    assert output_folder("results") == (Path("results"), None)
    with pytest.raises(SettingsError, match="--work-folder"):
        output_folder("results", tmp_path)


@pytest.fixture
def s3(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A server that speaks S3, with an empty bucket; the address that clients are to be told."""
    moto = pytest.importorskip("moto.server")
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    for name in [name for name in os.environ if name.lower().endswith("_proxy")]:
        monkeypatch.delenv(name)
    server = moto.ThreadedMotoServer(ip_address="127.0.0.1", port=0)
    server.start()
    host, port = server.get_host_and_port()
    from pyarrow import fs

    fs.S3FileSystem(
        access_key="test", secret_key="test", endpoint_override=f"{host}:{port}", scheme="http",
        allow_bucket_creation=True,
    ).create_dir("results")  # fmt: skip
    yield f"endpoint_override={host}%3A{port}&scheme=http"
    server.stop()


def test_a_bucket_keeps_results_from_which_another_machine_goes_on(clips: Path, tmp_path: Path, s3: str):
    url = f"s3://results/trials?{s3}"
    assert process(clips, tmp_path / "here", url).frames_computed == 2
    again = process(clips, tmp_path / "elsewhere", url)
    assert again.frames_computed == 0
    assert [video.state for video in again.videos] == ["completed", "completed", "failed"]
