"""What is wrong with the options of a job is said before anything is sent."""

from pathlib import Path
from types import SimpleNamespace

import pytest
from typer.testing import CliRunner, Result

from neuropose_ray.cli import jobs
from neuropose_ray.cli.job_arguments import whole_batch_id, whole_id
from neuropose_ray.errors import RequestError


def submit(*words: str) -> Result:
    return CliRunner().invoke(jobs.app, ["submit", "walk.mp4", "--url", "http://127.0.0.1:1", *words])


@pytest.mark.parametrize("words", [("--height", "9"), ("--height", "tall"), ("--fov", "0")])
def test_impossible_numbers_are_wrong_use(words: tuple[str, ...]):
    done = submit(*words)
    assert done.exit_code == 2
    assert words[0] in done.output


@pytest.mark.parametrize(
    ("words", "flag"),
    [
        (("--webhook", "lab.example"), "--webhook"),
        (("--webhook", "https://lab.example", "--webhook-secret", "short"), "--webhook-secret"),
    ],
)
def test_a_webhook_that_cannot_be_is_named(words: tuple[str, ...], flag: str):
    message = str(submit(*words).exception)
    assert message.startswith(f"{flag}: ")
    assert "short" not in message


def test_centimetres_are_answered_with_metres():
    assert "1.7 rather than 170" in " ".join(submit("--height", "170").output.replace("│", " ").split())


def test_a_calibration_that_cannot_be_read_is_named(tmp_path: Path):
    (tmp_path / "picture.toml").write_bytes(b"\xff\xfe\x00")
    (tmp_path / "empty.toml").write_bytes(b"")
    for name, reason in (("missing.toml", "No such file"), ("picture.toml", "not a text file")):
        assert f"{name}: {reason}" in str(submit("--calibration", str(tmp_path / name)).exception)
    assert str(submit("--calibration", str(tmp_path / "empty.toml")).exception).startswith("--calibration: ")


def test_a_step_that_there_is_not_is_refused_with_those_that_there_are():
    done = CliRunner().invoke(jobs.app, ["retry", "0" * 32, "--step", "poses", "--url", "http://127.0.0.1:1"])
    assert "--step: there is no step 'poses'; one of pose, analyze, overlay, report, export" in str(done.exception)


IDS = ("aa" * 16, "ab" * 16, "b0" * 16)


class Known:
    """A service that has a job, and a batch, of each id."""

    def jobs(self, limit: int) -> list[SimpleNamespace]:
        return [SimpleNamespace(id=name) for name in IDS[:limit]]

    def batches(self, limit: int) -> list[SimpleNamespace]:
        return self.jobs(limit)


@pytest.mark.parametrize(("whole", "kind"), [(whole_id, "job"), (whole_batch_id, "batch")])
def test_the_beginning_of_an_id_stands_for_the_only_one_that_begins_so(whole, kind: str):
    assert whole(Known(), "b") == IDS[2]
    assert whole(Known(), "c" * 32) == "c" * 32, "a whole id is not looked for"
    for given, what in (("a", "2 "), ("c", f"no {kind}'s id")):
        with pytest.raises(RequestError, match=what):
            whole(Known(), given)
