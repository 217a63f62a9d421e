import os
import subprocess
import sys

from neuropose_ray.models.blazepose.greeting import _lines_left_out
from neuropose_ray.models.blazepose.model import DETECTOR_FILE
from neuropose_ray.models.weights import Weights


def test_loading_a_network_writes_nothing_into_the_terminal(weights: Weights):
    code = (
        "import sys; from pathlib import Path; from neuropose_ray.models.blazepose.networks import DetectorNetwork\n"
        "network = DetectorNetwork(Path(sys.argv[1]), 1); sys.stderr.write('mine\\n')\n"
        "DetectorNetwork(Path(sys.argv[1]), 1)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(weights.path / DETECTOR_FILE)], capture_output=True, text=True, check=True
    )
    assert (done.stdout, done.stderr) == ("", "mine\n")


def test_all_other_lines_come_afterwards_also_after_an_error(capfd):
    try:
        with _lines_left_out(b"INFO: x"):
            os.write(2, b"before\nINFO: x of y\nafter")
            raise RuntimeError
    except RuntimeError:
        os.write(2, b"!\n")
    assert capfd.readouterr().err == "before\nafter!\n"
