"""`neuropose-ray metrics`: runs on a Ray cluster, watched in Grafana."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

#: Where Ray's own provisioning of Grafana, for the cluster that runs on this machine, looks for dashboards.
RAY_GRAFANA_FOLDER = Path("/tmp/ray/session_latest/metrics/grafana")
DASHBOARD_FILE = "neuropose_ray.json"

#: What to do once the dashboard is there. Ray's own commands: the second is that of its documentation.
_COMMANDS = f"""\
ray metrics launch-prometheus
grafana-server --homepath /usr/share/grafana --config {RAY_GRAFANA_FOLDER}/grafana.ini web"""


def metrics(
    folder: Annotated[
        Path, typer.Option("--grafana-folder", help="Folder of dashboards that Grafana reads.")
    ] = RAY_GRAFANA_FOLDER / "dashboards",
) -> None:
    """Write the Grafana dashboard of runs on Ray, and print the two commands that show it.

    Ray must run on this machine, with its dashboard (`ray start --head`): it prepares Prometheus and Grafana, which
    are installed apart from it. Grafana then listens at http://localhost:3000.

    Example: neuropose-ray metrics
    """
    from neuropose_ray.pipeline import dashboard_json
    from neuropose_ray.schemas.atomic import atomic_write_bytes

    path = folder / DASHBOARD_FILE
    atomic_write_bytes(path, dashboard_json())
    typer.echo(f"dashboard: {path}", err=True)
    typer.echo("start, each in a terminal of its own:", err=True)
    typer.echo(_COMMANDS)
