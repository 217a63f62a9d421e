"""A skeleton of constant bones fitted to a track's whole sequence."""

from neuropose_ray.fitting.quality import FitFlag
from neuropose_ray.fitting.sequence import FIT_VERSION, FittedSequence, fit_sequence
from neuropose_ray.fitting.settings import FittingSettings

__all__ = ["FIT_VERSION", "FitFlag", "FittedSequence", "FittingSettings", "fit_sequence"]
