"""Ray's token: kept from all others, and missed with a line that says what to do."""

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from neuropose_ray.errors import OutputError
from neuropose_ray.ray_auth import (
    MODE_VARIABLE,
    PATH_VARIABLE,
    TOKEN_VARIABLE,
    refusal_hint,
    use_passing_token,
    use_token_file,
)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.mark.parametrize("umask", [0o000, 0o022, 0o077])
def test_a_token_file_is_this_users_alone_whatever_the_umask(tmp_path: Path, umask: int):
    before = os.umask(umask)
    try:
        environment: dict[str, str] = {}
        use_token_file(tmp_path / "data" / "ray_token", environment)
    finally:
        os.umask(before)
    path = Path(environment[PATH_VARIABLE])
    assert (mode(path), mode(path.parent)) == (0o600, 0o700)
    assert len(path.read_text()) >= 64
    kept = path.read_text()
    use_token_file(path, {})
    assert path.read_text() == kept, "clients of the last service know it"


def test_a_token_file_that_others_could_read_is_made_private(tmp_path: Path):
    path = tmp_path / "auth_token"
    path.write_text("0" * 64)
    path.chmod(0o644)
    use_token_file(tmp_path / "ray_token", environment := {PATH_VARIABLE: str(path)})
    assert environment == {PATH_VARIABLE: str(path)}
    assert mode(path) == 0o600
    assert not (tmp_path / "ray_token").exists()


@pytest.mark.parametrize("chosen", [{MODE_VARIABLE: "disabled"}, {TOKEN_VARIABLE: "mine"}])
def test_what_a_user_has_chosen_is_left(tmp_path: Path, chosen: dict[str, str]):
    environment = dict(chosen)
    use_token_file(tmp_path / "ray_token", environment)
    use_passing_token(environment)
    assert environment == chosen
    assert list(tmp_path.iterdir()) == []


def test_a_place_where_no_token_can_be_kept_is_one_line(tmp_path: Path):
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match=r"ray_token: .*a file of this user alone"):
        use_token_file(tmp_path / "file" / "ray_token", {})


def test_a_passing_token_is_another_one_each_time():
    first, second = {}, {}
    use_passing_token(first)
    use_passing_token(second)
    assert first[TOKEN_VARIABLE] != second[TOKEN_VARIABLE]
    assert len(first[TOKEN_VARIABLE]) >= 64


def test_a_refusal_says_what_is_missing_and_other_errors_are_left_to_others():
    refused = RuntimeError("Authentication required: Unauthorized: Missing authentication token")
    wrapped = ConnectionError("failed to connect")
    wrapped.__cause__ = refused
    for error in (refused, wrapped):
        assert f"set {MODE_VARIABLE}=token" in refusal_hint(error, has_token=False)
        assert "another token" in refusal_hint(error, has_token=True)
    assert refusal_hint(ConnectionError("nothing listens there")) is None


def test_an_error_that_was_raised_from_itself_is_looked_at_once():
    error = RuntimeError("cannot start")
    error.__cause__ = error
    assert refusal_hint(error) is None


@pytest.mark.endurance
def test_a_ray_with_a_token_of_its_own_leaves_none_in_the_home(tmp_path: Path):
    code = (
        "from neuropose_ray.pipeline.engines.start import OWN_RAY, connected\n"
        "import ray\n"
        "with connected(OWN_RAY):\n    print(ray.get(ray.remote(lambda: 'works').remote()))\n"
    )
    environment = {**os.environ, "HOME": str(tmp_path)}
    del environment[MODE_VARIABLE]
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=False)
    assert done.stdout.split() == ["works"], done.stderr
    assert not (tmp_path / ".ray" / "auth_token").exists()
