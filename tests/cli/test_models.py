import io
import json
import tarfile

import pytest
from typer.testing import CliRunner

from neuropose_ray.cli.models import app
from neuropose_ray.errors import SettingsError, UnknownModelError, WeightsUnavailableError

UNPINNED = "metrabs_eff2s_y4_384px_800k_28ds"


@pytest.fixture
def cache(tmp_path):
    return tmp_path / "cache"


@pytest.fixture
def run(cache):
    def run(*arguments, **environment):
        return CliRunner().invoke(app, arguments, env={"NEUROPOSE_WEIGHTS__CACHE_DIR": str(cache), **environment})

    return run


@pytest.fixture
def placed(cache):
    """An archive that was put into the cache by hand."""
    cache.mkdir()
    with tarfile.open(cache / f"{UNPINNED}.tar.gz", "w:gz") as tar:
        info = tarfile.TarInfo("model/saved_model.pb")
        info.size = 5
        tar.addfile(info, io.BytesIO(b"graph"))
    return UNPINNED


def test_list_shows_every_model_with_its_licence(run):
    result = run("list")
    assert result.exit_code == 0
    assert "metrabs_eff2l_y4_384px_800k_28ds" in result.stdout
    assert "non-commercial" in result.stdout


def test_list_tells_absent_ready_and_damaged_apart(run, placed, cache):
    def state():
        rows = json.loads(run("list", "--json").stdout)
        return next(row["state"] for row in rows if row["model"] == placed)

    assert state() == "absent"
    run("pull", placed, "--offline")
    assert state() == "ready"
    (cache / placed / "saved_model.pb").write_bytes(b"grap")  # codespell:ignore grap
    assert state() == "damaged"


def test_pull_says_where_the_weights_are_and_path_prints_only_that(run, placed, cache):
    result = run("pull", placed, "--offline")
    assert result.exit_code == 0
    assert f"{placed}: {cache / placed} (SHA-256 " in result.stdout
    assert run("path", placed).stdout == f"{cache / placed}\n"


def test_pull_takes_a_path_of_ones_own(run, placed, cache):
    result = run("pull", str(cache / f"{placed}.tar.gz"))
    assert result.exit_code == 0


def test_path_never_fetches_and_says_what_does(run):
    result = run("path", "metrabs")
    assert isinstance(result.exception, WeightsUnavailableError)
    assert "`neuropose-ray models pull metrabs`" in str(result.exception)


def test_verify_looks_at_all_that_is_there_and_fails_when_one_is_bad(run, placed, cache):
    assert "no weights on this machine" in run("verify").stdout
    run("pull", placed, "--offline")
    good = run("verify", "--json")
    assert good.exit_code == 0
    assert [(row["model"], row["error"]) for row in json.loads(good.stdout)] == [(placed, None)]
    (cache / placed / "saved_model.pb").write_bytes(b"grapH")
    bad = run("verify")
    assert bad.exit_code == 1
    assert "saved_model.pb has SHA-256" in bad.stdout


def test_verify_of_a_named_absent_model_fails(run):
    result = run("verify", "metrabs")
    assert result.exit_code == 1
    assert "models pull" in result.stdout


@pytest.mark.parametrize("command", ["pull", "path"])
def test_an_unknown_name_is_a_typed_error_with_the_known_ones(run, command):
    result = run(command, "blazpose")
    assert isinstance(result.exception, UnknownModelError)
    assert "use blazepose, metrabs" in str(result.exception)


@pytest.mark.parametrize(
    ("arguments", "environment"),
    [(["--mirror", "ftp://elsewhere"], {}), ([], {"NEUROPOSE_WEIGHTS__MIRROR": "ftp://elsewhere"})],
)
def test_the_mirror_comes_from_the_flag_or_the_environment_and_must_be_a_web_address(run, arguments, environment):
    result = run("pull", UNPINNED, *arguments, **environment)
    assert isinstance(result.exception, SettingsError)
    assert str(result.exception).startswith("--mirror: ")


def test_offline_comes_from_the_environment_too(run):
    result = run("pull", UNPINNED, NEUROPOSE_WEIGHTS__OFFLINE="true")
    assert isinstance(result.exception, WeightsUnavailableError)
    assert "offline is set" in str(result.exception)


def test_the_card_of_the_depth_prior_is_printed(run):
    result = run("depth-prior")
    assert result.exit_code == 0
    assert "mocap.cs.cmu.edu" in result.stdout
