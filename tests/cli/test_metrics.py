import json

from typer.testing import CliRunner

from neuropose_ray.cli.main import app
from neuropose_ray.cli.metrics import DASHBOARD_FILE
from neuropose_ray.pipeline.state.grafana import dashboard_json


def test_the_dashboard_is_written_and_the_commands_can_be_piped(tmp_path):
    done = CliRunner().invoke(app, ["metrics", "--grafana-folder", str(tmp_path / "new" / "dashboards")])
    assert done.exit_code == 0
    written = tmp_path / "new" / "dashboards" / DASHBOARD_FILE
    assert written.read_bytes() == dashboard_json()
    json.loads(written.read_bytes())
    assert [line.split()[0] for line in done.stdout.splitlines()] == ["ray", "grafana-server"]
    assert f"dashboard: {written}" in done.stderr
