"""Person ids over the frames of a video."""

from neuropose_ray.tracking.settings import TrackingSettings
from neuropose_ray.tracking.tracker import track

__all__ = ["TrackingSettings", "track"]
