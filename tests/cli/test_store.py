"""Records of live streams are migrated and deleted by commands, never by accident."""

from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from neuropose_ray.cli import store
from neuropose_ray.errors import SettingsError, StoreUnavailableError
from neuropose_ray.stores import RecordOrigin, StoreSettings, open_records


def run(folder: Path, *words: str, answer: str = "") -> Result:
    return CliRunner().invoke(store.app, [*words, "--data", str(folder)], input=answer)


def test_migrate_makes_the_tables_and_does_nothing_to_those_that_are_there(tmp_path: Path):
    for _ in range(2):
        done = run(tmp_path, "migrate")
        assert (done.exit_code, done.output) == (0, "the tables are there\n")
    assert (tmp_path / "live" / "records.sqlite").exists()


def test_reset_deletes_records_when_it_is_meant(tmp_path: Path):
    records = open_records(StoreSettings(), tmp_path / "live")
    records.create("squats", "k", {}, RecordOrigin("action-1"))
    assert run(tmp_path, "reset", answer="n\n").exit_code == 2
    assert len(records.list("squats")) == 1
    assert run(tmp_path, "reset", "--yes").output == "deleted 1 record\n"
    assert records.list("squats") == ()
    records.close()


@pytest.mark.parametrize(
    ("url", "kind"),
    [("postgresql://a:sesame@127.0.0.1:1/x", StoreUnavailableError), ("mysql://sesame", SettingsError)],
)
def test_a_database_that_is_not_there_is_said_in_one_line_without_its_password(
    tmp_path: Path, url: str, kind: type[Exception]
):
    config = tmp_path / "service.yaml"
    config.write_text(f"service:\n  live:\n    stores:\n      records_url: {url}\n")
    done = run(tmp_path, "migrate", "--config", str(config))
    assert type(done.exception) is kind
    assert "sesame" not in str(done.exception)
