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
    "/etc/passwd", "../../etc/x.zip", "https://elsewhere.example/x.zip", "file:///etc/x",
    "https://bundles.example.attacker.example/x.zip", "https://bundles.example@attacker.example/x.zip",
    "https://bundles.example:8443/x.zip", "http://bundles.example/x.zip", "https://[::1/x.zip",
    "https://bundles.example/clinic/../private/x.zip", "https://bundles.example/clinic/%2e%2E/x.zip",
    "https://bundles.example.evil/clinic/x.zip", "https://bundles.example/clinic-of-others/x.zip",
    "https://me@bundles.example/clinic/x.zip", "https://bundles.example/clinic/../x.zip",
    "https://bundles.example/clinic/a\\..\\x.zip", "https://bundles.example/clinic/./x.zip",
])  # fmt: skip
def test_what_is_not_allowed_is_not_looked_at(pipelines: Pipelines, location: str):
    with pytest.raises(BundleError, match=r"service\.live\.bundles"):
        pipelines.resolved(location)


def test_a_bundle_is_fetched_once_and_no_more_are_kept_than_a_few(
    pipelines: Pipelines, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    write_bundle(tmp_path / "presence.zip", load_pipeline(PIPELINE))
    fetched: list[str] = []

    def fetch(url: str, path: Path, *, allowed, limits) -> None:
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


@pytest.mark.parametrize("place", ["~nobody-of-this-name/x.zip", "a\0b.zip", "/" + "x" * 1500, "~/x.zip"])
def test_what_is_no_path_is_refused_as_one(pipelines: Pipelines, place: str):
    with pytest.raises(BundleError):
        pipelines.resolved(place)


def test_a_name_in_an_allowed_folder_that_no_file_can_have_is_a_bundle_that_is_not_there(
    pipelines: Pipelines, tmp_path: Path
):
    with pytest.raises((BundleError, InputNotFoundError)):
        pipelines.resolved(str(tmp_path / "bundles" / ("x" * 1000)))


def test_a_bundle_that_came_damaged_is_fetched_again(
    pipelines: Pipelines, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    bundle = write_bundle(tmp_path / "whole.zip", load_pipeline(PIPELINE))
    whole = (tmp_path / "whole.zip").read_bytes()
    given = iter([b"sorry", whole[:-30], whole])
    monkeypatch.setattr(module, "fetch", lambda _url, path, **_limits: path.write_bytes(next(given)))
    place = f"https://bundles.example/clinic/presence.zip#sha256={bundle.sha256}"
    for _ in range(2):
        with pytest.raises(BundleError):
            pipelines.resolved(place)
    for _ in range(2):
        assert json.loads(pipelines.resolved(place)[0])["name"] == "presence"


@pytest.mark.parametrize(("url", "is_allowed"), [
    ("https://hooks.example/ward", True), ("http://hooks.example/ward", False),
    ("https://elsewhere.example/x", False), ("https://hooks.example:8443/x", False),
    ("https://user@hooks.example/x", False), ("http://169.254.169.254/", False),
])  # fmt: skip
def test_webhooks_of_rules_go_where_the_settings_allow_them(tmp_path: Path, url: str, is_allowed: bool):
    settings = load_settings(None, {"service": {"webhooks": {"hosts": ["hooks.example"]}}}, environment={}).service
    tell = {"type": "webhook", "name": "tell", "url": url}
    pipeline = {"name": "presence", "rules": [{"name": "somebody", "on_complete": [tell]}]}
    if is_allowed:
        assert Pipelines(settings, tmp_path).resolved(pipeline, 0.0)[0] is not None
        return
    with pytest.raises(RuleError, match=r"rules\[0\]\.on_complete\[0\]\.url"):
        Pipelines(settings, tmp_path).resolved(pipeline, 0.0)
    assert Pipelines(settings, tmp_path).resolved(pipeline)[0] is not None, "a stream goes on that was taken before"
