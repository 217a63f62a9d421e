"""Whatever a person writes as YAML is what it says, or one line with what is wrong."""

from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from neuropose_ray.analysis.runs.config import load_config
from neuropose_ray.cli.job_arguments import calibration_text
from neuropose_ray.curation.config_file import read_config
from neuropose_ray.errors import NeuroposeRayError, SettingsError
from neuropose_ray.report.settings import load_report_settings
from neuropose_ray.settings import file_layer
from neuropose_ray.yaml_files import parsed_yaml, yaml_mapping

WRONG = {
    "brackets": "a: [", "levels": "a: " + "[" * 1500, "a date": "a: 2001-99-99", "itself": "a: &a\n  b: *a",
    "itself in a list": "a: &a\n- [*a]", "a number": "a: !!int x", "letters": "a: \x00",
    "no number": "a: !!float ''", "no time": "a: !!timestamp ''", "a mapping of itself": "a: &a {b: *a}",
    "a list for a name": "[1]: 2", "a brace": "a: {b: 1", "code": "a: !!python/object/apply:os.system [ls]",
}  # fmt: skip
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=10,
)


@given(VALUES)
def test_what_is_written_is_read(value: object):
    assert parsed_yaml(yaml.safe_dump(value)) == value


@given(st.text(alphabet="ab:-[]{}&*!|>#'\"0.2-\n ", max_size=30))
def test_any_text_is_read_or_refused_in_one_line(text: str):
    try:
        fault = f"read: {parsed_yaml(text)!r:.0}"
    except ValueError as error:
        fault = str(error)
    assert "\n" not in fault


@pytest.mark.parametrize("read", [yaml_mapping, file_layer, read_config, load_report_settings, load_config])
@pytest.mark.parametrize("text", WRONG.values(), ids=WRONG)
def test_every_file_of_settings_is_refused_with_its_name(tmp_path: Path, read, text: str):
    path = tmp_path / "settings.yaml"
    path.write_text(text)
    with pytest.raises(SettingsError, match=r"settings\.yaml") as refused:
        read(str(path) if read is read_config else path)
    assert "\n" not in str(refused.value)


def test_an_alias_that_ends_is_what_it_stands_for():
    assert parsed_yaml("a: &a [1]\nb: *a") == {"a": [1], "b": [1]}


@pytest.mark.parametrize(
    "read",
    [yaml_mapping, load_config, lambda path: read_config(str(path)), load_report_settings, calibration_text],
    ids=["settings", "analysis", "curation", "report", "calibration"],
)
def test_what_has_no_end_is_refused_and_not_read_into_memory(read):
    with pytest.raises(NeuroposeRayError, match="no file of settings"):
        read(Path("/dev/zero"))
