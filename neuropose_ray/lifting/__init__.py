"""A learnt prior for depth: how the bones of a person lie toward the camera, from how the joints move in the picture.

Motion capture, seen by virtual cameras and with the errors of a pose network, teaches it. It answers for every bone
with a depth and with the error that it expects of itself, and says whether left and right look exchanged.
"""

from neuropose_ray.lifting.prior import LearntDepthPrior
from neuropose_ray.lifting.weights import card, load_depth_prior, weights_version

__all__ = [
    "LearntDepthPrior",
    "card",
    "load_depth_prior",
    "weights_version",
]
