"""Person ids over the frames of a video."""

from neuropose_ray.tracking.settings import TrackingSettings
from neuropose_ray.tracking.tracker import TRACKS_VERSION, track

__all__ = ["TRACKS_VERSION", "TrackingSettings", "track"]
