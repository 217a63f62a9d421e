"""What every test may use: the real videos, the real weights, and one Ray cluster for the whole session."""

import os
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import is_hypothesis_test, settings

if TYPE_CHECKING:
    from playwright.sync_api import Browser
    from support.postgresql import PostgresServer
    from support.redis_server import RedisServer
    from support.rtsp.camera import RtspCamera

    from neuropose_ray.models.weights import Weights
    from neuropose_ray.pipeline.state.summary import RunSummary

#: What keeps a test from being one for every change.
_HEAVY_FIXTURES = frozenset(
    {"ray_cluster", "weights", "stand_in", "test_data", "pipeline", "chromium", "rtsp_camera"}
)
#: Fixture -> the group of the tests that use it: each is started in one process, and used there without a break.
_SHARED_FIXTURES = {"ray_cluster": "ray", "chromium": "browser", "stand_in": "tensorflow"}
_HEAVY_MARKERS = ("ray", "serve", "slow", "endurance", "gpu")

# A deadline would be a test of the machine.
settings.register_profile("project", deadline=None)
# For .ci/quick: most mistakes fail one of the first examples.
settings.register_profile("quick", deadline=None, max_examples=10)
# For .ci/run: a change lands or not by its own merit, not by the draw; everyone else's runs look for new examples.
settings.register_profile("landing", deadline=None, derandomize=True)
settings.load_profile("project")
REPOSITORY = Path(__file__).resolve().parent.parent
# Ray started by a test would write a token into the user's home; the cluster here listens on loopback alone.
os.environ.setdefault("RAY_AUTH_MODE", "disabled")
os.environ.pop("RAY_ADDRESS", None)
os.environ.setdefault("RAY_ENABLE_UV_RUN_RUNTIME_ENV", "0")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")


@pytest.hookimpl(wrapper=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> Iterator[None]:
    """Two processes share the tests: a file stays in one, and so does all that needs Ray, a browser or TensorFlow.

    First come those of Ray, then files with something heavy: at the end there are short ones for whoever is free.
    Tests for every change are marked ``quick``, which is computed here.

    A wrapper, because the groups must be there when the distributing plugin, in the same hook, reads them.
    """

    def group(item: pytest.Item) -> str:
        return next((name for fixture, name in _SHARED_FIXTURES.items() if fixture in _used_by(item)), str(item.path))

    for item in items:
        item.add_marker(pytest.mark.xdist_group(group(item)))
        if not _HEAVY_FIXTURES.intersection(_used_by(item)) and not any(map(item.get_closest_marker, _HEAVY_MARKERS)):
            item.add_marker(pytest.mark.quick)
        if item.config.getoption("hypothesis_profile") == "quick":
            _draw_few_examples(item)
    heavy = {group(item) for item in items if not item.get_closest_marker("quick")}
    items.sort(key=lambda item: (group(item) != "ray", group(item) not in heavy))
    return (yield)


def _draw_few_examples(item: pytest.Item) -> None:
    """Let the profile's number of examples hold also where a test names a larger one, which else goes before it."""
    test: Any = getattr(item, "obj", None)
    if is_hypothesis_test(test):
        own = test._hypothesis_internal_use_settings  # the library has no other way
        fewer = settings(own, max_examples=min(own.max_examples, settings.default.max_examples))
        test._hypothesis_internal_use_settings = fewer


@pytest.hookimpl(trylast=True)
def pytest_runtest_teardown(item: pytest.Item, nextitem: pytest.Item | None) -> None:
    """End the cluster and the browser after the last test that needs them.

    Idle, the cluster takes a fifth of a core from the others; where tests are distributed, all that need it follow
    each other. While a browser is driven from a thread, no other event loop can run there.
    """
    distributed = "PYTEST_XDIST_WORKER" in os.environ
    for fixture in ("ray_cluster", "chromium") if distributed else ("chromium",):
        if nextitem is not None and fixture in _used_by(item) and fixture not in _used_by(nextitem):
            (definition,) = item._fixtureinfo.name2fixturedefs[fixture]  # type: ignore[attr-defined]
            definition.finish(item._request)  # type: ignore[attr-defined]


def _used_by(item: pytest.Item) -> Sequence[str]:
    """The names of the fixtures that a test uses."""
    return getattr(item, "fixturenames", ())


@pytest.fixture(scope="session")
def test_data() -> Path:
    """The folder of real videos with measured truth; it is never part of the repository."""
    folder = Path(os.environ.get("NEUROPOSE_TEST_DATA", REPOSITORY.parent / "shared" / "data"))
    if not folder.is_dir():
        pytest.skip(f"no test data: {folder} does not exist (set NEUROPOSE_TEST_DATA)")
    return folder.resolve()


@pytest.fixture(scope="session")
def ray_cluster() -> Iterator[str]:
    """One Ray on this machine for the session, its start costs 10 to 20 seconds; the address of its dashboard."""
    import ray

    from neuropose_ray.ray_ports import free_agent_port
    from neuropose_ray.service.own_ray import OWN_RAY_VARIABLES, started_ray

    # As the service has them with a Ray of its own.
    for name in (
        "RAY_idle_worker_killing_time_threshold_ms",
        "RAY_worker_register_timeout_seconds",
        "RAY_DASHBOARD_STARTUP_TIMEOUT_S",
    ):
        os.environ.setdefault(name, OWN_RAY_VARIABLES[name])
    # On a busy machine Serve would end its proxy before that is ready; with a Ray of its own the service has none.
    for name in ("RAY_SERVE_PROXY_READY_CHECK_TIMEOUT_S", "RAY_SERVE_PROXY_HEALTH_CHECK_TIMEOUT_S"):
        os.environ.setdefault(name, "60")
    # Of its own, whatever other Ray runs on this machine.
    with free_agent_port():
        context = started_ray(address="local", num_cpus=2, object_store_memory=500_000_000)
    yield f"http://{context.dashboard_url}"
    ray.shutdown()


@pytest.fixture(scope="session")
def weights() -> "Weights":
    """The real BlazePose weights, fetched once per machine into the user's cache."""
    from neuropose_ray.errors import WeightsUnavailableError
    from neuropose_ray.models.weights import WeightSettings, WeightStore

    try:
        return WeightStore(WeightSettings().cache_dir).path("blazepose")
    except WeightsUnavailableError as error:
        pytest.skip(f"no BlazePose weights: {error}")


@pytest.fixture(scope="session")
def stand_in(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small SavedModel with the callables of a real MeTRAbs model; see ``support/metrabs_stand_in.py``."""
    from support.metrabs_stand_in import build_stand_in

    return build_stand_in(tmp_path_factory.mktemp("metrabs") / "stand_in")


@pytest.fixture(scope="session")
def chromium() -> "Iterator[Browser]":
    """A real browser, without a network of its own; it is closed before a test that does not use it."""
    from support.browser import started_chromium

    with started_chromium() as browser:
        yield browser


@pytest.fixture
def rtsp_camera() -> "Iterator[Callable[..., RtspCamera]]":
    """Start RTSP cameras, as many as a test asks for: ``rtsp_camera(fps=20)``; see ``support/rtsp/camera.py``."""
    from contextlib import ExitStack

    from support.rtsp.camera import RtspCamera

    with ExitStack() as running:
        yield lambda **options: running.enter_context(RtspCamera(**options))


@pytest.fixture(scope="session")
def pipeline(weights: "Weights") -> Callable[..., "RunSummary"]:
    """Run the whole program: ``pipeline(inputs, out, engine="local", **settings)``."""
    from neuropose_ray.models.spec import ModelSpec
    from neuropose_ray.pipeline.engines.start import started_engine
    from neuropose_ray.pipeline.run import run
    from neuropose_ray.pipeline.state.progress import NullReporter
    from neuropose_ray.service.settings import load_settings

    def run_pipeline(inputs: list[Path], out: Path, engine: str = "local", **flags: Any) -> "RunSummary":
        settings = load_settings(None, {"engine": {"kind": engine}, **flags}, environment={})
        spec = ModelSpec(weights, settings.blazepose)
        with started_engine(settings.engine, spec, "test") as started:
            return run(inputs, out, settings=settings, spec=spec, engine=started, progress=NullReporter())

    return run_pipeline


@pytest.fixture(scope="session")
def postgres_server() -> Iterator["PostgresServer"]:
    """A server of PostgreSQL of its own that a test may stop, and must start again."""
    from support.postgresql import PostgresServer

    server = PostgresServer()
    yield server
    server.remove()


@pytest.fixture(scope="session")
def postgres(postgres_server: "PostgresServer") -> str:
    """The address of a server, without a database."""
    return postgres_server.url


@pytest.fixture(scope="session")
def redis_server() -> Iterator["RedisServer"]:
    """A server of Redis of its own that a test may stop, and must start again."""
    from support.redis_server import RedisServer

    server = RedisServer()
    yield server
    server.remove()
