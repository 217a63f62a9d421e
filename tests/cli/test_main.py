"""The one place where errors become lines and exit codes."""

import os
import subprocess
import sys
from typing import Annotated

import pytest
import typer
from formats.people import squatting
from typer.testing import CliRunner

from neuropose_ray import __version__
from neuropose_ray.cli.main import COMMANDS, app, main
from neuropose_ray.errors import (
    ArchiveInvalidError,
    EngineError,
    FileFormatError,
    FutureSchemaError,
    InputError,
    InputNotFoundError,
    JobCollisionError,
    MigrationError,
    SegmentsExistError,
    ServiceRunningError,
    SettingsError,
    UnknownModelError,
)
from neuropose_ray.schemas.parquet_files import write_predictions


def run(monkeypatch, *words):
    monkeypatch.setattr(sys, "argv", ["neuropose-ray", *words])
    with pytest.raises(SystemExit) as ended:
        main()
    return ended.value.code


@pytest.fixture
def raising(monkeypatch):
    """A command line whose only command raises an error."""

    def replace(error):
        def fail(verbose: Annotated[bool, typer.Option("-v")] = False) -> None:
            raise error

        only = typer.Typer(pretty_exceptions_enable=False)
        only.command()(fail)
        monkeypatch.setattr(sys.modules["neuropose_ray.cli.main"], "app", only)

    return replace


@pytest.mark.parametrize(("error", "code"), [
    (InputError("is broken", where="a.mp4"), 1), (EngineError("Ray failed"), 1),
    (SettingsError("no such key", where="s.yaml"), 2), (InputNotFoundError("there is no such file", where="a"), 2),
    (UnknownModelError("no model of that name"), 2),
])  # fmt: skip
def test_an_error_is_one_line_and_an_exit_code(raising, monkeypatch, capsys, error, code):
    raising(error)
    assert run(monkeypatch) == code
    assert capsys.readouterr() == ("", f"error: {error}\n")


def test_details_are_shown_when_they_are_asked_for(raising, monkeypatch, caplog):
    raising(EngineError("Ray failed"))
    assert run(monkeypatch, "-v") == 1
    assert "what led to the error" in caplog.text
    assert caplog.records[-1].exc_info


def test_an_unknown_command_and_a_missing_argument_are_wrong_use(monkeypatch, capsys):
    assert run(monkeypatch, "proces") == 2
    assert run(monkeypatch, "process") == 2
    assert "Traceback" not in capsys.readouterr().err


def test_the_version_is_printed():
    done = CliRunner().invoke(app, ["--version"])
    assert (done.exit_code, done.stdout) == (0, f"neuropose-ray {__version__}\n")


def test_help_names_every_command_in_its_order():
    printed = CliRunner().invoke(app, ["--help"], env={"COLUMNS": "120"}).stdout
    listed = [line.split()[1] for line in printed.splitlines() if line[2:3].isalpha() and line[2:3].islower()]
    assert [name for name in listed if name in COMMANDS] == list(COMMANDS)


#: Exports one path after the other, as often as the command would be started, and says the exit codes last.
EXPORTS = """
import sys
from neuropose_ray.cli import main
codes = []
for path in sys.argv[1:]:
    sys.argv = ["neuropose-ray", "export", path]
    try:
        main()
    except SystemExit as ended:
        codes.append(ended.code)
sys.exit("codes " + " ".join(map(str, codes)))
"""


def exported(encoding, *paths):
    """What is printed of paths, as lines of standard output and of standard error, and the exit codes."""
    environment = {**os.environ, "PYTHONIOENCODING": encoding}
    command = [sys.executable, "-c", EXPORTS, *paths]
    done = subprocess.run(command, capture_output=True, env=environment, check=False)
    *errors, codes = done.stderr.splitlines()
    assert codes.startswith(b"codes ")
    return done.stdout.splitlines(), errors, [int(code) for code in codes.split()[1:]]


def test_every_path_is_printed_as_its_bytes(tmp_path):
    folders = [b"caf\xe9", "李".encode()]
    paths = [tmp_path / os.fsdecode(folder) for folder in folders]
    for path in paths:
        write_predictions(path / "predictions.parquet", *squatting(frames=3))
    lines, errors, codes = exported("utf-8", *paths, *(path / "gone" for path in paths))
    places = [os.fsencode(tmp_path) + b"/" + folder for folder in folders]
    assert lines == [place + b"/predictions.csv" for place in places]
    assert errors == [
        b"error: " + place + b"/gone: there is no such file or folder; check the path" for place in places
    ]
    assert codes == [0, 0, 2, 2]


def test_what_a_terminal_cannot_show_is_a_number(tmp_path):
    write_predictions(tmp_path / "李" / "predictions.parquet", *squatting(frames=3))
    _, (error,), codes = exported("ascii", tmp_path / "李", tmp_path / "李李")
    assert codes == [0, 2]
    assert b"/\\u674e\\u674e: there is no such file" in error


def test_settings_may_stand_before_the_command(tmp_path, monkeypatch):
    settings = tmp_path / "settings.yaml"
    settings.write_text("nonsense: 1\n")
    good = tmp_path / "good.yaml"
    good.write_text("model: blazepose\n")

    def error_of(*words):
        return CliRunner().invoke(app, [str(word) for word in words]).exception

    status = ("status", "--url", "http://127.0.0.1:9")
    ingest = ("ingest", tmp_path / "gone.zip")
    assert "nonsense" in str(error_of("--config", settings, *ingest))
    assert "nonsense" in str(error_of("-c", settings, "jobs", "list"))
    assert isinstance(error_of("-c", good, *ingest), InputNotFoundError)
    assert "nonsense" not in str(error_of("-c", settings, *ingest[:1], "-c", good, *ingest[1:]))
    assert isinstance(error_of("--config", tmp_path / "none.yaml", *status), InputNotFoundError)
    # An analysis has a --config of its own, which the settings are not.
    assert "give either a configuration or trials" in str(error_of("-c", good, "analyze"))


@pytest.mark.slow
def test_quiet_logs_errors_alone_and_does_not_go_with_verbose(monkeypatch, capsys):
    assert run(monkeypatch, "-v", "-q", "doctor") == 2
    assert "mutually exclusive" in capsys.readouterr().err
    command = [sys.executable, "-c", "from neuropose_ray.cli import main; main()"]
    words = ("process", "gone.mp4", "--out", "out")
    environment = {**os.environ, "NEUROPOSE_DEFAULT_FOV_DEGREES": "60"}
    loud, quiet = (
        subprocess.run([*command, *flags, *words], capture_output=True, text=True, env=environment, check=False)
        for flags in ((), ("-q",))
    )
    assert (loud.returncode, quiet.returncode) == (2, 2)
    assert "NEUROPOSE_CAMERA__FIELD_OF_VIEW_DEGREES" in loud.stderr
    assert "NEUROPOSE_CAMERA__FIELD_OF_VIEW_DEGREES" not in quiet.stderr
    assert "there is no such file" in quiet.stderr


@pytest.mark.parametrize("error", [
    SegmentsExistError("has segments of that name"), JobCollisionError("a is there"), ArchiveInvalidError("no zip"),
    ServiceRunningError("it runs"), FileFormatError("not JSON"), FutureSchemaError("too new"),
    MigrationError("no version"),
])  # fmt: skip
def test_what_neuropose_calls_wrong_use_is_exit_code_2(raising, monkeypatch, error):
    raising(error)
    assert run(monkeypatch) == 2
