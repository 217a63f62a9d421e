import pytest
import typer
from typer.testing import CliRunner

from neuropose_ray.cli.error_codes import errors
from neuropose_ray.errors import SettingsError, error_catalogue

app = typer.Typer()
app.command()(errors)


def run(*arguments):
    return CliRunner().invoke(app, list(arguments), env={"COLUMNS": "200", "TERMINAL_WIDTH": "200"})


def test_every_code_is_explained():
    shown = run().stdout.splitlines()
    for entry in error_catalogue():
        heads = [line for line in shown if line.split("  ")[0] == entry.code]
        assert len(heads) == 1
        below = shown[shown.index(heads[0]) + 1 :][:3]
        assert [line.split(maxsplit=1) for line in below] == [
            ["meaning", entry.meaning], ["cause", entry.cause], ["remedy", entry.remedy],
        ]  # fmt: skip
        assert ("trying again" in heads[0]) is entry.retryable


def test_one_code_is_explained_alone():
    shown = run("disk_full").stdout
    assert shown.startswith("disk_full")
    assert len(shown.splitlines()) == 4


@pytest.mark.parametrize(("given", "said"), [("disc_full", "did you mean disk_full"), ("?", "lists all of them")])
def test_a_code_that_there_is_not_is_refused_with_those_that_are_near(given, said):
    error = run(given).exception
    assert isinstance(error, SettingsError)
    assert said in str(error)
