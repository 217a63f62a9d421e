"""The defaults of curation, and what is refused."""

import pytest
from pydantic import ValidationError

from neuropose_ray.curation import CurationSettings


def test_the_defaults_are_the_fields_usual_ones():
    settings = CurationSettings()
    assert (settings.blur.mode, settings.blur.threshold, settings.blur.analysis_size) == ("absolute", 80.0, 640)
    assert settings.duplicates.hamming_threshold == 6
    assert (settings.idle.motion_threshold, settings.idle.smoothing_frames, settings.idle.min_frames) == (0.02, 5, 8)
    assert (settings.annotation.enabled, settings.annotation.min_score) == (False, 0.25)
    assert (settings.batch_size, settings.ingest.strict_sequence) == (512, True)


@pytest.mark.parametrize(
    "wrong",
    [
        {"blur": {"treshold": 1}},
        {"duplicates": {"hamming_threshold": 7}},
        {"idle": {"motion_threshold": -1}},
        {"x": 1},
    ],
)
def test_unknown_names_and_impossible_values_are_refused(wrong: dict):
    with pytest.raises(ValidationError):
        CurationSettings.model_validate(wrong)
