"""Errors of predictions against a reference: the field's measures, as pure functions."""

from neuropose_ray.evaluate.alignment import procrustes
from neuropose_ray.evaluate.angles import flexions_deg, knee_flexion_deg
from neuropose_ray.evaluate.joints import LIMB_JOINTS, landmark_joints, limb_joints
from neuropose_ray.evaluate.offset import OffsetSearch, best_lag_s
from neuropose_ray.evaluate.results import AngleAgreement, Evaluation, PoseMeasures, PoseScores, TrackScores
from neuropose_ray.evaluate.scoring import score
from neuropose_ray.evaluate.tracks import score_tracks

__all__ = [
    "LIMB_JOINTS",
    "AngleAgreement",
    "Evaluation",
    "OffsetSearch",
    "PoseMeasures",
    "PoseScores",
    "TrackScores",
    "best_lag_s",
    "flexions_deg",
    "knee_flexion_deg",
    "landmark_joints",
    "limb_joints",
    "procrustes",
    "score",
    "score_tracks",
]
