from pathlib import Path

import pytest

from neuropose_ray.errors import InputNotFoundError, SettingsError
from neuropose_ray.report.settings import ReportSettings, load_report_settings


def written(folder: Path, text: str) -> Path:
    (folder / "report.yaml").write_text(text)
    return folder / "report.yaml"


def test_what_is_left_out_is_the_default(tmp_path):
    settings = load_report_settings(written(tmp_path, "max_people: 2\ncleaning:\n  outliers: null\n"))
    assert settings.max_people == 2
    assert settings.cleaning.outliers is None
    assert settings.cleaning.smoothing == ReportSettings().cleaning.smoothing
    assert settings.angles == ReportSettings().angles


def test_an_empty_file_is_the_defaults(tmp_path):
    assert load_report_settings(written(tmp_path, "")) == ReportSettings()


@pytest.mark.parametrize(("text", "message"), [
    ("max_peple: 2\nlimb_change: 0",
     r"limb_change: .* than 0, .*max_peple: .*mean max_people\?; a report has .*max_people"),
    ("- a\n- b", "must be 'name: value' pairs"),
    ("cleaning: {gaps: {max_gap_s: x}}", "cleaning.gaps.max_gap_s"),
    ("a: [", "not YAML"),
])  # fmt: skip
def test_everything_that_is_wrong_is_named_in_one_line(tmp_path, text, message):
    with pytest.raises(SettingsError, match=message) as caught:
        load_report_settings(written(tmp_path, text))
    assert str(caught.value).startswith(f"{tmp_path / 'report.yaml'}: ")
    assert "\n" not in str(caught.value)


def test_a_missing_file_is_one_line(tmp_path):
    with pytest.raises(InputNotFoundError, match="there is no such file"):
        load_report_settings(tmp_path / "gone.yaml")
