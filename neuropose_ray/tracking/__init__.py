"""Person ids over the frames of a video."""

from neuropose_ray.tracking.likeness import Colours
from neuropose_ray.tracking.settings import TrackingSettings
from neuropose_ray.tracking.tracker import NOBODY, TRACKS_VERSION, Tracks, track

__all__ = ["NOBODY", "TRACKS_VERSION", "Colours", "TrackingSettings", "Tracks", "track"]
