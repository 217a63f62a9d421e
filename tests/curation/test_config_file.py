"""Configurations of curation in YAML and in Python, and what is said where one is wrong."""

import pickle
import sys
from pathlib import Path

import pytest

from neuropose_ray.curation import read_config
from neuropose_ray.errors import SettingsError

PYTHON = """
from __future__ import annotations
from dataclasses import dataclass
from neuropose_ray.curation import BlurSettings, CurationConfig, CurationSettings
from neuropose_ray.schemas.typed_columns import Column

settings = CurationSettings(blur=BlurSettings(threshold=120.0))
mapping = {"idle": {"min_frames": 30}}
number = 5

@dataclass(frozen=True)
class Corner:
    name: str = "corner"
    version: int = 1
    columns = {"corner": Column(type="float32")}

    def observe(self, context):
        return {"corner": float(context.luma[0, 0])}

config = CurationConfig(settings, (Corner(),))
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "pipeline.py"
    path.write_text(PYTHON)
    return path


@pytest.mark.parametrize(
    ("text", "given"),
    [
        ("blur: {threshold: 120}", {"curation": {"blur": {"threshold": 120}}}),
        (
            "engine: {workers: 2}\ncuration: {batch_size: 64}",
            {"engine": {"workers": 2}, "curation": {"batch_size": 64}},
        ),
        ("", {}),
    ],
)
def test_yaml_holds_settings_of_curation_or_all_settings(tmp_path: Path, text: str, given: dict):
    (tmp_path / "c.yaml").write_text(text)
    assert read_config(str(tmp_path / "c.yaml")).settings == given


@pytest.mark.parametrize(
    ("name", "given"),
    [("settings", {"blur": {"threshold": 120.0}}), ("mapping", {"idle": {"min_frames": 30}}),
     ("config", {"blur": {"threshold": 120.0}})],
)  # fmt: skip
def test_a_name_in_a_python_file_is_a_configuration(file: Path, name: str, given: dict):
    config = read_config(f"{file}:{name}")
    assert config.settings == {"curation": given}
    assert [metric.name for metric in config.metrics] == (["corner"] if name == "config" else [])


def test_metrics_of_a_python_file_travel_to_processes_that_do_not_have_it(file: Path):
    from ray import cloudpickle

    (metric,) = read_config(f"{file}:config").metrics
    packed = cloudpickle.dumps(metric)
    assert not [name for name in sys.modules if name.startswith("curation_config")]
    assert pickle.loads(packed).name == "corner"


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("{file}:none", "there is no none"),
        ("{file}:number", "number is a int"),
        ("none.py:config", "no such Python file"),
        ("none.yaml", "No such file"),
        ("{broken}:config", "ZeroDivisionError"),
    ],
)
def test_what_is_wrong_is_said_in_a_line(file: Path, tmp_path: Path, text: str, what: str):
    (tmp_path / "broken.py").write_text("1 / 0")
    with pytest.raises(SettingsError, match=what):
        read_config(text.format(file=file, broken=tmp_path / "broken.py"))


def test_a_misspelt_section_is_one_of_curation(tmp_path: Path):
    misspelt = "expossure"  # codespell:ignore expossure
    (tmp_path / "c.yaml").write_text(f"{misspelt}: {{dark: 5}}")
    assert read_config(str(tmp_path / "c.yaml")).settings == {"curation": {misspelt: {"dark": 5}}}


@pytest.mark.parametrize("text", ["- a", "blur: [", "x", "blur: &a [*a]", "blur: 2030-13-45"])
def test_yaml_that_is_no_mapping_is_refused(tmp_path: Path, text: str):
    (tmp_path / "c.yaml").write_text(text)
    with pytest.raises(SettingsError):
        read_config(str(tmp_path / "c.yaml"))
