"""An analysis as the command runs it, of trials that are given as positions."""

import numpy as np
import pytest
from analysis.runs.samples import neuropose_video, write_json

from neuropose_ray.analysis.runs.config import AnalysisConfig
from neuropose_ray.analysis.runs.run import run_analysis

PROVENANCE = {
    "model_sha256": "ab", "model_filename": "m", "tensorflow_version": "2", "numpy_version": "2",
    "neuropose_version": "0.1", "python_version": "3.11.7",
}  # fmt: skip


@pytest.fixture
def run(tmp_path):
    """Run an analysis of trials given as positions, or as several persons' positions."""

    def run(primary, reference=None, analysis=None, segmentation=None, **preprocessing):
        inputs = {"primary": _saved(tmp_path / "a.json", primary)}
        if reference is not None:
            inputs["reference"] = _saved(tmp_path / "b.json", reference)
        content = {
            "inputs": inputs, "analysis": {"kind": "none"} | (analysis or {}), "preprocessing": preprocessing,
            "segmentation": segmentation, "output": {"report": "r.json"},
        }  # fmt: skip
        return run_analysis(AnalysisConfig.model_validate(content))

    return run


def _saved(path, persons):
    persons = (persons,) if isinstance(persons, np.ndarray) else persons
    return write_json(path, neuropose_video(*persons, provenance=PROVENANCE))
