from pathlib import Path

import pytest
import yaml

from neuropose_ray.analysis.runs.config import (
    AnalysisConfig,
    ConfigError,
    MalformedConfigError,
    analysis_config_to_dict,
    load_config,
    with_neuropose_rules,
)
from neuropose_ray.errors import InputNotFoundError

#: What a file of NeuroPose's may say, with every field that it knows.
NEUROPOSES = """
config_version: 1
inputs: {primary: a.json, reference: b.json}
preprocessing: {person_index: 0}
segmentation:
  kind: gait_cycles_bilateral
  axis: y
  invert: false
  min_cycle_seconds: 0.4
  min_prominence: null
analysis:
  kind: dtw
  method: dtw_all
  align: procrustes_per_sequence
  representation: angles
  angle_triplets: [[28, 31, 32], [36, 39, 40]]
  nan_policy: propagate
output: {report: report.json}
"""
MINIMAL = {"inputs": {"primary": "a.json"}, "analysis": {"kind": "none"}, "output": {"report": "r.json"}}


def written(folder, content):
    path = folder / "config.yaml"
    path.write_text(content if isinstance(content, str) else yaml.safe_dump(content))
    return path


def test_a_file_of_neuroposes_is_read_with_its_defaults(tmp_path):
    config = load_config(written(tmp_path, NEUROPOSES))
    assert config.inputs.primary == Path("a.json")
    assert config.analysis.angle_triplets == ((28, 31, 32), (36, 39, 40))
    minimal = load_config(written(tmp_path, MINIMAL))
    assert (minimal.config_version, minimal.preprocessing.person_index, minimal.segmentation) == (1, 0, None)


def test_as_plain_values_it_gives_itself_again(tmp_path):
    config = load_config(written(tmp_path, NEUROPOSES))
    assert AnalysisConfig.model_validate(yaml.safe_load(yaml.safe_dump(analysis_config_to_dict(config)))) == config


@pytest.mark.parametrize(("change", "message"), [
    ({"config_version": 2}, "config_version"),
    ({"extra": 1}, "extra: no such setting"),
    ({"inputs": {"primary": "a", "other": 1}}, "inputs.other"),
    ({"inputs": {"reference": "a"}}, "give either primary or trials"),
    ({"inputs": {"primary": "a", "trials": ["b"]}}, "give either primary or trials"),
    ({"inputs": {"trials": ["b"], "primary_video": "x"}}, "primary_video goes with primary"),
    ({"preprocessing": {"person_index": -1}}, "person_index"),
    ({"preprocessing": {"person_index": 1, "track": 0}}, "either person_index or track"),
    ({"preprocessing": {"cleaning": {"smoothing": {"kind": "magic"}}}}, "smoothing"),
    ({"segmentation": {"kind": "gait_cycles", "axis": "w"}}, "axis"),
    ({"segmentation": {"kind": "gait_cycles", "min_cycle_seconds": 0}}, "min_cycle_seconds"),
    ({"segmentation": {"kind": "extractor"}}, "extractor"),
    ({"analysis": {"kind": "dtw"}}, "dtw needs inputs.reference"),
    ({"analysis": {"kind": "stats", "extractor": {"kind": "joint_speed", "joint": 1}},
      "inputs": {"primary": "a", "reference": "b"}}, "stats takes inputs.primary only, no inputs.reference"),
])  # fmt: skip
def test_what_is_wrong_is_named_in_one_line(tmp_path, change, message):
    with pytest.raises(ConfigError, match=message) as caught:
        load_config(written(tmp_path, MINIMAL | change))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(("dtw", "message"), [
    ({"method": "dtw_relation", "joint_i": 1}, "needs joint_i and joint_j"),
    ({"method": "dtw_relation", "joint_i": 1, "joint_j": 2, "representation": "angles"}, "only supports .*'coords'"),
    ({"representation": "angles"}, "angle_triplets, at least one"),
    ({"representation": "angles", "angle_triplets": []}, "angle_triplets, at least one"),
    ({"warping": {"method": "fastdtw", "band": 0.1}}, "neither a band"),
])  # fmt: skip
def test_a_comparison_that_lacks_something_is_refused(tmp_path, dtw, message):
    inputs = {"primary": "a", "reference": "b"}
    with pytest.raises(ConfigError, match=message):
        load_config(written(tmp_path, MINIMAL | {"inputs": inputs, "analysis": {"kind": "dtw", **dtw}}))


def test_an_empty_file_is_a_wrong_one_and_a_malformed_file_is_no_yaml(tmp_path):
    with pytest.raises(ValueError, match="must be 'name: value' pairs, not null"):
        load_config(written(tmp_path, ""))
    with pytest.raises(yaml.YAMLError, match="not YAML"):
        load_config(written(tmp_path, "inputs: [unclosed"))
    with pytest.raises(MalformedConfigError):
        load_config(written(tmp_path, "a: b: c"))
    with pytest.raises(InputNotFoundError, match="no such file"):
        load_config(tmp_path / "none.yaml")
    with pytest.raises(FileNotFoundError):  # as NeuroPose's callers catch it
        load_config(tmp_path / "none.yaml")


def test_inputs_are_below_the_working_folder_else_beside_the_file(tmp_path, monkeypatch):
    (tmp_path / "study").mkdir()
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    path = written(tmp_path / "study", MINIMAL | {"inputs": {"primary": "a.json"}})
    (tmp_path / "study" / "a.json").touch()
    assert load_config(path).inputs.primary == tmp_path / "study" / "a.json"
    (tmp_path / "here" / "a.json").touch()
    assert load_config(path).inputs.primary == Path("a.json")


def test_patterns_of_trials_are_found_likewise(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "study").mkdir()
    (tmp_path / "study" / "a.json").touch()
    path = written(tmp_path / "study", MINIMAL | {"inputs": {"trials": ["*.json", "/somewhere/*.json"]}})
    assert load_config(path).inputs.trials == (f"{tmp_path}/study/*.json", "/somewhere/*.json")


@pytest.mark.parametrize("segmentation", [
    None, {"kind": "gait_cycles"}, {"kind": "gait_cycles_bilateral", "method": "prominent_valleys_v2"},
    {"kind": "extractor", "extractor": {"kind": "joint_speed", "joint": 1}},
])  # fmt: skip
@pytest.mark.parametrize("analysis", [{"kind": "none"}, {"kind": "dtw", "warping": {"band": 0.1}}])
def test_neuroposes_rules_are_its_cuts_its_distances_and_its_poses(segmentation, analysis):
    content = MINIMAL | {"inputs": {"primary": "a.json", "reference": "b.json"}, "analysis": analysis}
    exact = with_neuropose_rules(AnalysisConfig.model_validate(content | {"segmentation": segmentation}))
    assert exact.segmentation is None or exact.segmentation.method == "valley_to_valley_v1"
    assert exact.analysis.kind == "none" or (exact.analysis.warping.method, exact.analysis.warping.band) == (
        "fastdtw", 0.1,
    )  # fmt: skip
    assert exact.preprocessing.poses == "model"
