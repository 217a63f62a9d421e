"""Profiles are settings, and nothing else."""

import pytest

from neuropose_ray.curation import PROFILES, profile
from neuropose_ray.errors import SettingsError
from neuropose_ray.service.settings import load_settings


@pytest.mark.parametrize("name", PROFILES)
def test_a_profile_is_made_of_settings_that_exist(name: str):
    settings = load_settings(None, profile(name))
    assert settings.curation.batch_size == profile(name)["curation"]["batch_size"]
    assert settings.engine.kind == profile(name)["engine"]["kind"]


def test_another_name_is_refused_with_those_that_exist():
    with pytest.raises(SettingsError, match="local-cpu, gpu-single, high-throughput"):
        profile("laptop")
