import pytest

from neuropose_ray.errors import SettingsError
from neuropose_ray.pipeline.settings import EngineSettings, RunSettings
from neuropose_ray.service.settings import Settings
from neuropose_ray.settings import load_layers


def test_a_run_is_set_by_its_own_settings_alone():
    settings = load_layers(RunSettings, flags={"engine": {"workers": 2}}, environment={"NEUROPOSE_FIT": "no"})
    assert (settings.engine.workers, settings.fit) == (2, False)
    with pytest.raises(SettingsError, match="unknown setting NEUROPOSE_SERVICE__PORT"):
        load_layers(RunSettings, environment={"NEUROPOSE_SERVICE__PORT": "8000"})


def test_what_is_set_of_everything_is_set_of_runs_with_the_same_defaults():
    everything = Settings()
    assert isinstance(everything, RunSettings)
    assert everything.model_dump(exclude={"service", "description"}) == RunSettings().model_dump()


@pytest.mark.parametrize(("name", "value"), [
    ("workers", 0), ("chunks_per_gpu", 0), ("stall_limit_s", 0), ("max_attempts", 0), ("kind", "dask"),
    ("wrokers", 1),
])  # fmt: skip
def test_an_engine_that_could_do_nothing_is_refused_by_name(name, value):
    with pytest.raises(ValueError, match=name):
        EngineSettings(**{name: value})
