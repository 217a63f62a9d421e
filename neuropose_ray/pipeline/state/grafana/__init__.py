"""The Grafana dashboard of a run's metrics."""

from importlib.resources import files


def dashboard_json() -> bytes:
    """The dashboard as Grafana imports it, or finds it in a provisioned folder."""
    return files(__name__).joinpath("neuropose_ray.json").read_bytes()
