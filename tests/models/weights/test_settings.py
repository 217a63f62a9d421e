"""Where weights are kept, and settings of the store that cannot be meant."""

from pathlib import Path

import pytest
from pydantic import ValidationError

from neuropose_ray.models.weights.settings import WeightSettings, default_cache_dir


@pytest.mark.parametrize(
    ("variable", "folder"),
    [
        (None, "{home}/.cache"),
        ("", "{home}/.cache"),
        ("relative/cache", "{home}/.cache"),
        ("/var/cache", "/var/cache"),
    ],
)
def test_the_cache_is_where_the_xdg_specification_has_it(
    variable: str | None, folder: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    monkeypatch.setenv("HOME", str(tmp_path))
    if variable is None:
        monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    else:
        monkeypatch.setenv("XDG_CACHE_HOME", variable)
    expected = Path(folder.format(home=tmp_path)) / "neuropose-ray" / "models"
    assert default_cache_dir() == WeightSettings().cache_dir == expected


def test_a_home_is_expanded(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    monkeypatch.setenv("HOME", str(tmp_path))
    assert WeightSettings(cache_dir="~/weights").cache_dir == tmp_path / "weights"


@pytest.mark.parametrize("mirror", ["ftp://host/models", "host/models", "", "file:///models"])
def test_a_mirror_that_is_no_url_of_the_web_is_refused(mirror: str):
    with pytest.raises(ValidationError, match="must be a URL that starts with http"):
        WeightSettings(mirror=mirror)


def test_a_misspelt_setting_is_refused():
    with pytest.raises(ValidationError, match="ofline"):
        WeightSettings(ofline=True)
