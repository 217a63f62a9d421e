"""What a user of MeTRAbs weights must know before the first run."""

from __future__ import annotations

WEIGHTS_NOTICE = (
    "MeTRAbs weights are for non-commercial use only: the data sets they were trained on allow no other "
    "(the MIT licence of the MeTRAbs code does not cover them). In publications cite I. Sarandi et al., "
    "'MeTRAbs: Metric-Scale Truncation-Robust Heatmaps for Absolute 3D Human Pose Estimation' (T-BIOM 2021), and "
    "I. Sarandi, A. Hermans, B. Leibe, 'Learning 3D Human Pose Estimation from Dozens of Datasets using a "
    "Geometry-Aware Autoencoder to Bridge Between Skeleton Formats' (WACV 2023)."
)
