"""Names of the metrics, which dashboards and alarms are built on, and what is counted."""

import pytest
import ray.util.metrics

from neuropose_ray.service.jobs.metrics import JOB_METRICS, JOBS, QUEUE_AGE, RETRIES, STEP_SECONDS, STEPS, RayJobMeter


class Counted:
    """Ray's metric, as far as it is called."""

    made: dict[str, "Counted"]

    def __init__(self, name: str, description: str, tag_keys: tuple[str, ...]) -> None:
        self.tag_keys, self.values = tag_keys, {}
        Counted.made[name] = self

    def _key(self, tags: dict[str, str]) -> tuple[str, ...]:
        assert set(tags) == set(self.tag_keys), "Ray refuses other tags"
        return tuple(tags[key] for key in self.tag_keys)

    def inc(self, value: float, tags: dict[str, str]) -> None:
        assert value > 0, "Ray refuses to count nothing"
        self.values[self._key(tags)] = self.values.get(self._key(tags), 0) + value

    def set(self, value: float, tags: dict[str, str] | None = None) -> None:
        tags = tags or {}
        self.values[self._key(tags)] = value


@pytest.fixture
def meter(monkeypatch: pytest.MonkeyPatch) -> RayJobMeter:
    Counted.made = {}
    for kind in ("Counter", "Gauge"):
        monkeypatch.setattr(ray.util.metrics, kind, Counted)
    return RayJobMeter()


def test_jobs_are_a_gauge_by_state(meter: RayJobMeter):
    meter.jobs({"queued": 3, "running": 1}, 7.0)
    meter.jobs({"queued": 2, "running": 0}, 5.0)
    assert Counted.made[JOBS.name].values == {("queued",): 2, ("running",): 0}
    assert Counted.made[QUEUE_AGE.name].values == {(): 5.0}


def test_steps_are_counted_by_outcome_with_their_seconds_and_retries_by_step(meter: RayJobMeter):
    for outcome, seconds in (("completed", 2.0), ("completed", 3.0), ("failed", 0.0)):
        meter.step("pose", outcome, seconds)
    meter.retry("pose")
    assert Counted.made[STEPS.name].values == {("pose", "completed"): 2, ("pose", "failed"): 1}
    assert Counted.made[STEP_SECONDS.name].values[("pose",)] == pytest.approx(5, abs=1e-3)
    assert Counted.made[RETRIES.name].values == {("pose",): 1}


def test_names_are_prometheus_names_of_this_program():
    for metric in JOB_METRICS:
        assert metric.name.startswith("neuropose_job")
        assert metric.description.endswith(".")
