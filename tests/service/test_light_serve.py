"""Ray Serve is loaded without pandas, and pandas is there for all others."""

import subprocess
import sys


def run(code: str) -> list[str]:
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.split()


def test_serve_does_not_load_pandas_and_who_wants_it_has_it():
    code = (
        "import sys\n"
        "from neuropose_ray.service.light_serve import hide_pandas_from_serve\n"
        "hide_pandas_from_serve()\nhide_pandas_from_serve()\n"
        "from ray import serve\n"
        "print('pandas' in sys.modules, 'pyarrow' in sys.modules, callable(serve.deployment))\n"
        "import pandas\nprint(pandas.DataFrame({'a': [1]}).shape[0])\n"
    )
    assert run(code) == ["False", "False", "True", "1"]


def test_a_pandas_that_is_there_already_is_left():
    code = (
        "import pandas, sys\n"
        "from neuropose_ray.service.light_serve import hide_pandas_from_serve\n"
        "hide_pandas_from_serve()\nfrom ray import serve\nprint(sys.modules['pandas'] is pandas)\n"
    )
    assert run(code) == ["True"]
