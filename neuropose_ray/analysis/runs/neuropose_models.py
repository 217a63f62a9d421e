"""The models of analyses under the names that NeuroPose gives them, for scripts that were written for it."""

from neuropose_ray.analysis.runs.config import (
    AnalysisChoice,
    BilateralGaitCyclesConfig,
    DtwConfig,
    ExtractorConfig,
    GaitCyclesConfig,
    NoAnalysisConfig,
    SegmentationChoice,
    StatsConfig,
)
from neuropose_ray.analysis.runs.report import Results, SignalStatistics

GaitCyclesSegmentation = GaitCyclesConfig
GaitCyclesBilateralSegmentation = BilateralGaitCyclesConfig
ExtractorSegmentation = ExtractorConfig
SegmentationStage = SegmentationChoice
DtwAnalysis = DtwConfig
StatsAnalysis = StatsConfig
NoAnalysis = NoAnalysisConfig
AnalysisStage = AnalysisChoice
AnalysisResults = Results
FeatureSummary = SignalStatistics
