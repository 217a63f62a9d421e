"""Pipelines come inline, or as bundles from where the settings allow."""

import json
from pathlib import Path

import pytest

from neuropose_ray.errors import BundleError, InputNotFoundError, RuleError
from neuropose_ray.rules import BundleLimits, load_pipeline, write_bundle
from neuropose_ray.service.live import pipelines as module
from neuropose_ray.service.live.pipelines import Pipelines
from neuropose_ray.service.settings import load_settings

PIPELINE = {"name": "presence", "rules": [{"name": "somebody"}]}


@pytest.fixture
def pipelines(tmp_path: Path) -> Pipelines:
    live = {"bundles": [str(tmp_path / "bundles"), "https://bundles.example/clinic"]}
    settings = load_settings(None, {"service": {"live": live}}, environment={}).service
    return Pipelines(settings, tmp_path / "kept")


def test_an_inline_pipeline_is_checked(pipelines: Pipelines):
    content, models = pipelines.resolved(PIPELINE)
    assert (json.loads(content)["name"], models) == ("presence", None)
    with pytest.raises(RuleError):
        pipelines.resolved({"name": "presence", "rules": []})
    assert pipelines.resolved(None) == (None, None)


def test_a_bundle_is_loaded_from_an_allowed_folder_by_its_digest(pipelines: Pipelines, tmp_path: Path):
    (tmp_path / "bundles").mkdir()
    path = tmp_path / "bundles" / "presence.zip"
    bundle = write_bundle(path, load_pipeline(PIPELINE))
    assert json.loads(pipelines.resolved(f"{path}#sha256={bundle.sha256}")[0])["name"] == "presence"
    with pytest.raises(BundleError, match="SHA-256"):
        pipelines.resolved(f"{path}#sha256={'0' * 64}")


@pytest.mark.parametrize("location", [
    "/etc/passwd", "../../etc/x.zip", "https://elsewhere.example/x.zip", "file:///etc/x", "https://[",
    "https://bundles.example.evil/clinic/x.zip", "https://bundles.example/clinic-of-others/x.zip",
    "https://bundles.example/clinic/../x.zip", "https://bundles.example/clinic/%2e%2e/x.zip",
    "http://bundles.example/clinic/x.zip", "https://bundles.example:444/clinic/x.zip",
    "https://me@bundles.example/clinic/x.zip",
])  # fmt: skip
def test_what_is_not_allowed_is_not_looked_at(pipelines: Pipelines, location: str):
    with pytest.raises(BundleError, match=r"service\.live\.bundles"):
        pipelines.resolved(location)


def test_a_bundle_is_fetched_once_and_no_more_are_kept_than_a_few(
    pipelines: Pipelines, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    write_bundle(tmp_path / "presence.zip", load_pipeline(PIPELINE))
    fetched: list[str] = []

    def fetch(url: str, path: Path, *, allowed) -> None:
        assert allowed.max_bytes == BundleLimits().max_archive_bytes, "as much as the one to load it takes"
        fetched.append(url)
        path.write_bytes((tmp_path / "presence.zip").read_bytes())

    monkeypatch.setattr(module, "fetch", fetch)
    monkeypatch.setattr(module, "_MOST_FETCHED", 3)
    urls = [f"https://Bundles.example/clinic/{number}.zip?signed=abc" for number in range(5)]
    for url in (*urls, urls[-1]):
        assert json.loads(pipelines.resolved(url)[0])["name"] == "presence"
    assert fetched == urls
    assert len(list((tmp_path / "kept").iterdir())) == 3


def test_a_link_that_leads_out_of_an_allowed_folder_is_refused(pipelines: Pipelines, tmp_path: Path):
    (tmp_path / "bundles").mkdir()
    (tmp_path / "bundles" / "out.zip").symlink_to("/etc/passwd")
    with pytest.raises(BundleError):
        pipelines.resolved(str(tmp_path / "bundles" / "out.zip"))


def test_a_bundle_that_is_not_there_says_so(pipelines: Pipelines, tmp_path: Path):
    with pytest.raises(InputNotFoundError):
        pipelines.resolved(str(tmp_path / "bundles" / "none.zip"))
