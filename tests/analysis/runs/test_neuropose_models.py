import typing

import pytest

from neuropose_ray import analysis
from neuropose_ray.analysis.runs import neuropose_models
from neuropose_ray.analysis.runs.config import AnalysisConfig

#: What a script that was written for NeuroPose imports from its pipeline.
NAMES = [
    "AnalysisConfig", "AnalysisReport", "AnalysisResults", "AnalysisStage", "DtwAnalysis", "DtwResults",
    "ExtractorSegmentation", "FeatureSummary", "GaitCyclesBilateralSegmentation", "GaitCyclesSegmentation",
    "InputSummary", "InputsConfig", "NoAnalysis", "NoResults", "OutputConfig", "PreprocessingConfig",
    "SegmentationStage", "StatsAnalysis", "StatsResults",
]  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_every_name_is_there(name):
    assert getattr(analysis, name) is not None


def test_a_configuration_can_be_built_of_them():
    config = AnalysisConfig(
        inputs=analysis.InputsConfig(primary="a.json"),
        segmentation=analysis.GaitCyclesSegmentation(kind="gait_cycles"),
        analysis=analysis.StatsAnalysis(kind="stats", extractor={"kind": "joint_speed", "joint": 3}),
        output=analysis.OutputConfig(report="r.json"),
    )
    assert isinstance(config.analysis, neuropose_models.StatsAnalysis)
    assert neuropose_models.DtwAnalysis in typing.get_args(typing.get_args(neuropose_models.AnalysisStage)[0])
