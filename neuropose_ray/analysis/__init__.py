"""From poses to numbers: cleaning, angles, segmentation, gait, comparison; pure functions of arrays.

The names below are imported when they are first asked for, so that who needs one of them does not wait for all.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from neuropose_ray.analysis.angles.clinical import clinical_angles as clinical_angles
    from neuropose_ray.analysis.angles.definitions import ANGLE_DEFINITIONS as ANGLE_DEFINITIONS
    from neuropose_ray.analysis.angles.settings import AngleSettings as AngleSettings
    from neuropose_ray.analysis.angles.table import AngleTable as AngleTable
    from neuropose_ray.analysis.angles.triplets import extract_joint_angles as extract_joint_angles
    from neuropose_ray.analysis.classification.validation import LabelledTrial as LabelledTrial
    from neuropose_ray.analysis.classification.validation import cross_validate as cross_validate
    from neuropose_ray.analysis.cleaning.clean import clean as clean
    from neuropose_ray.analysis.cleaning.records import Cleaned as Cleaned
    from neuropose_ray.analysis.cleaning.settings import CleaningSettings as CleaningSettings
    from neuropose_ray.analysis.dtw.distance import AlignMode as AlignMode
    from neuropose_ray.analysis.dtw.distance import Representation as Representation
    from neuropose_ray.analysis.dtw.distance import dtw_all as dtw_all
    from neuropose_ray.analysis.dtw.distance import dtw_per_joint as dtw_per_joint
    from neuropose_ray.analysis.dtw.distance import dtw_relation as dtw_relation
    from neuropose_ray.analysis.dtw.matrix import DistanceMatrix as DistanceMatrix
    from neuropose_ray.analysis.dtw.matrix import distance_matrix as distance_matrix
    from neuropose_ray.analysis.dtw.missing import NanPolicy as NanPolicy
    from neuropose_ray.analysis.dtw.settings import WarpingSettings as WarpingSettings
    from neuropose_ray.analysis.dtw.warping import DTWResult as DTWResult
    from neuropose_ray.analysis.gait.events import gait_events as gait_events
    from neuropose_ray.analysis.gait.parameters import gait_parameters as gait_parameters
    from neuropose_ray.analysis.gait.records import GaitEvents as GaitEvents
    from neuropose_ray.analysis.gait.records import GaitParameters as GaitParameters
    from neuropose_ray.analysis.gait.settings import GaitSettings as GaitSettings
    from neuropose_ray.analysis.measures.repetition import RepetitionTable as RepetitionTable
    from neuropose_ray.analysis.measures.repetition import measure_repetitions as measure_repetitions
    from neuropose_ray.analysis.measures.smoothness import log_dimensionless_jerk as log_dimensionless_jerk
    from neuropose_ray.analysis.measures.smoothness import sparc as sparc
    from neuropose_ray.analysis.motion import Motion as Motion
    from neuropose_ray.analysis.motion import motion_of_table as motion_of_table
    from neuropose_ray.analysis.procrustes import AlignmentDiagnostics as AlignmentDiagnostics
    from neuropose_ray.analysis.procrustes import ProcrustesMode as ProcrustesMode
    from neuropose_ray.analysis.procrustes import procrustes_align as procrustes_align
    from neuropose_ray.analysis.runs.config import AnalysisConfig as AnalysisConfig
    from neuropose_ray.analysis.runs.config import analysis_config_to_dict as analysis_config_to_dict
    from neuropose_ray.analysis.runs.config import load_config as load_config
    from neuropose_ray.analysis.runs.pairwise import TrialComparison as TrialComparison
    from neuropose_ray.analysis.runs.pairwise import compare_trials as compare_trials
    from neuropose_ray.analysis.runs.report import AnalysisReport as AnalysisReport
    from neuropose_ray.analysis.runs.report import load_report as load_report
    from neuropose_ray.analysis.runs.report import save_report as save_report
    from neuropose_ray.analysis.runs.run import run_analysis as run_analysis
    from neuropose_ray.analysis.runs.trials import Trial as Trial
    from neuropose_ray.analysis.runs.trials import load_motion as load_motion
    from neuropose_ray.analysis.runs.trials import load_trial as load_trial
    from neuropose_ray.analysis.segmentation.cycles import Cycles as Cycles
    from neuropose_ray.analysis.segmentation.cycles import time_normalise as time_normalise
    from neuropose_ray.analysis.segmentation.extractors import JOINT_INDEX as JOINT_INDEX
    from neuropose_ray.analysis.segmentation.extractors import JOINT_NAMES as JOINT_NAMES
    from neuropose_ray.analysis.segmentation.extractors import AxisLetter as AxisLetter
    from neuropose_ray.analysis.segmentation.extractors import extract_signal as extract_signal
    from neuropose_ray.analysis.segmentation.extractors import joint_angle as joint_angle
    from neuropose_ray.analysis.segmentation.extractors import joint_axis as joint_axis
    from neuropose_ray.analysis.segmentation.extractors import joint_index as joint_index
    from neuropose_ray.analysis.segmentation.extractors import joint_pair_distance as joint_pair_distance
    from neuropose_ray.analysis.segmentation.extractors import joint_speed as joint_speed
    from neuropose_ray.analysis.segmentation.gait_cycles import segment_gait_cycles as segment_gait_cycles
    from neuropose_ray.analysis.segmentation.gait_cycles import (
        segment_gait_cycles_bilateral as segment_gait_cycles_bilateral,
    )
    from neuropose_ray.analysis.segmentation.peaks import segment_by_peaks as segment_by_peaks
    from neuropose_ray.analysis.segmentation.predictions import segment_predictions as segment_predictions
    from neuropose_ray.analysis.segmentation.repetition_records import Repetitions as Repetitions
    from neuropose_ray.analysis.segmentation.repetitions import repetitions as repetitions
    from neuropose_ray.analysis.sequences import normalize_pose_sequence as normalize_pose_sequence
    from neuropose_ray.analysis.sequences import pad_sequences as pad_sequences
    from neuropose_ray.analysis.sequences import predictions_to_numpy as predictions_to_numpy
    from neuropose_ray.analysis.slicing import slice_predictions as slice_predictions
    from neuropose_ray.analysis.statistics import FeatureStatistics as FeatureStatistics
    from neuropose_ray.analysis.statistics import extract_feature_statistics as extract_feature_statistics
    from neuropose_ray.analysis.statistics import find_peaks as find_peaks

#: Module -> the names that it brings.
_NAMES = {
    "angles.clinical": "clinical_angles",
    "angles.definitions": "ANGLE_DEFINITIONS",
    "angles.settings": "AngleSettings",
    "angles.table": "AngleTable",
    "angles.triplets": "extract_joint_angles",
    "classification.validation": "LabelledTrial cross_validate",
    "cleaning.clean": "clean",
    "cleaning.records": "Cleaned",
    "cleaning.settings": "CleaningSettings",
    "dtw.distance": "AlignMode Representation dtw_all dtw_per_joint dtw_relation",
    "dtw.matrix": "DistanceMatrix distance_matrix",
    "dtw.missing": "NanPolicy",
    "dtw.settings": "WarpingSettings",
    "dtw.warping": "DTWResult",
    "gait.events": "gait_events",
    "gait.parameters": "gait_parameters",
    "gait.records": "GaitEvents GaitParameters",
    "gait.settings": "GaitSettings",
    "measures.repetition": "RepetitionTable measure_repetitions",
    "measures.smoothness": "log_dimensionless_jerk sparc",
    "motion": "Motion motion_of_table",
    "procrustes": "AlignmentDiagnostics ProcrustesMode procrustes_align",
    "runs.config": "AnalysisConfig analysis_config_to_dict load_config",
    "runs.pairwise": "TrialComparison compare_trials",
    "runs.report": "AnalysisReport load_report save_report",
    "runs.run": "run_analysis",
    "runs.trials": "Trial load_motion load_trial",
    "segmentation.cycles": "Cycles time_normalise",
    "segmentation.extractors": "AxisLetter JOINT_INDEX JOINT_NAMES extract_signal "
    "joint_angle joint_axis joint_index joint_pair_distance joint_speed",
    "segmentation.gait_cycles": "segment_gait_cycles segment_gait_cycles_bilateral",
    "segmentation.peaks": "segment_by_peaks",
    "segmentation.predictions": "segment_predictions",
    "segmentation.repetition_records": "Repetitions",
    "segmentation.repetitions": "repetitions",
    "sequences": "normalize_pose_sequence pad_sequences predictions_to_numpy",
    "slicing": "slice_predictions",
    "statistics": "FeatureStatistics extract_feature_statistics find_peaks",
}
_HOMES = {name: module for module, names in _NAMES.items() for name in names.split()}


def __getattr__(name: str) -> object:
    """Import a name when it is first asked for (PEP 562)."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    """The names, for completion."""
    return sorted({*globals(), *_HOMES})
