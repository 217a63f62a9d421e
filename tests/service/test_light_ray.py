"""Ray is loaded without pandas and Arrow, which are there for all others."""

import subprocess
import sys


def run(code: str) -> list[str]:
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.split()


def test_serve_does_not_load_pandas_and_who_wants_it_has_it():
    code = (
        "import sys\n"
        "from neuropose_ray.service.light_ray import lighten_ray\n"
        "lighten_ray()\nlighten_ray()\n"
        "from ray import serve\n"
        "print('pandas' in sys.modules, 'pyarrow' in sys.modules, callable(serve.deployment))\n"
        "import pandas\nprint(pandas.DataFrame({'a': [1]}).shape[0])\n"
    )
    assert run(code) == ["False", "False", "True", "1"]


def test_a_pandas_that_is_there_already_is_left():
    code = (
        "import pandas, sys\n"
        "from neuropose_ray.service.light_ray import lighten_ray\n"
        "lighten_ray()\nfrom ray import serve\nprint(sys.modules['pandas'] is pandas)\n"
    )
    assert run(code) == ["True"]


def test_objects_go_through_ray_without_arrow_being_loaded_and_tables_do_too():
    """As in the processes of a service: the hook of its workers, and its own process."""
    code = (
        "import sys\n"
        "from neuropose_ray.service.light_ray import lighten_ray\n"
        "lighten_ray()\n"
        "from ray._private import serialization\n"
        "from ray._private.worker import Worker\n"
        "context = serialization.SerializationContext(Worker())\n"
        "print('pyarrow' in sys.modules)\n"
        "import pyarrow, pickle\n"
        "table = pyarrow.table({'a': [1, 2, 3]}).slice(1)\n"
        "from ray import cloudpickle\n"
        "print(pickle.loads(cloudpickle.dumps(table)).to_pydict() == {'a': [2, 3]})\n"
    )
    assert run(code) == ["False", "True"]


def test_whether_the_dashboard_is_installed_is_known_without_loading_what_it_needs():
    code = (
        "import sys\n"
        "from neuropose_ray.service.light_ray import lighten_ray\n"
        "lighten_ray()\n"
        "from ray._private.utils import get_dashboard_dependency_error\n"
        "print(get_dashboard_dependency_error(), 'aiohttp_cors' in sys.modules)\n"
    )
    assert run(code) == ["None", "False"]
    # What Ray would have looked for.
    assert run("import ray.dashboard.optional_deps") == []
