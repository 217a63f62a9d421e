import platform
import re
from datetime import timedelta

import numpy as np
import pytest
from pydantic import ValidationError
from schemas.pose_tables import PROVENANCE

from neuropose_ray import __version__
from neuropose_ray.schemas.provenance import Provenance

NEUROPOSE_SAMPLE = {
    "model_sha256": "fa31b5b043f227588c3d224e56db89307d021bfbbb52e36028919f90e1f96c89",
    "model_filename": "metrabs_eff2l_y4_384px_800k_28ds.tar.gz",
    "tensorflow_version": "2.18.0",
    "tensorflow_metal_version": None,
    "numpy_version": "2.0.2",
    "neuropose_version": "0.1.0.dev0",
    "python_version": "3.11.7",
    "seed": None,
    "deterministic": False,
    "analysis_config": {"config_version": 1},
}


def test_what_neuropose_recorded_is_read():
    provenance = Provenance.model_validate(NEUROPOSE_SAMPLE)
    assert provenance.model_dump(include=set(NEUROPOSE_SAMPLE)) == NEUROPOSE_SAMPLE
    assert (provenance.model_name, provenance.created_at, dict(provenance.settings)) == (None, None, {})


def test_the_installed_versions_and_the_time_are_recorded():
    assert PROVENANCE.numpy_version == np.__version__ == PROVENANCE.package_versions["numpy"]
    assert PROVENANCE.python_version == platform.python_version()
    assert PROVENANCE.neuropose_version == f"neuropose-ray {__version__}"
    assert PROVENANCE.created_at.utcoffset() == timedelta(0)
    assert re.fullmatch(r".*T.*Z", PROVENANCE.model_dump(mode="json")["created_at"])


@pytest.mark.parametrize(("runtime", "recorded"), [("LiteRT 2.1", False), ("TensorFlow 2.20", True)])
def test_tensorflow_is_recorded_where_the_model_ran_on_it(runtime, recorded):
    provenance = Provenance.record(
        model_name="m", model_sha256="0", model_filename="f", runtime=runtime, device="cpu", skeleton="s",
        video_sha256="1", settings={},
    )  # fmt: skip
    assert (provenance.tensorflow_version != "unknown") == recorded


def test_provenance_comes_back_from_json():
    assert Provenance.model_validate_json(PROVENANCE.model_dump_json()) == PROVENANCE


def test_unknown_fields_are_refused():
    with pytest.raises(ValidationError, match="host"):
        Provenance.model_validate(NEUROPOSE_SAMPLE | {"host": "lab-3"})
