"""Person ids over the frames of a video or a live stream, and who is seen steadily."""

from neuropose_ray.tracking.likeness import Colours
from neuropose_ray.tracking.online import OnlineSettings, OnlineTrack, OnlineTracker
from neuropose_ray.tracking.settings import TrackingSettings
from neuropose_ray.tracking.stability import Stability, StabilityGate
from neuropose_ray.tracking.tracker import NOBODY, TRACKS_VERSION, Tracks, track

__all__ = [
    "NOBODY", "TRACKS_VERSION", "Colours", "OnlineSettings", "OnlineTrack", "OnlineTracker", "Stability",
    "StabilityGate", "TrackingSettings", "Tracks", "track",
]  # fmt: skip
