"""A run: from videos to a folder of results, on threads here or on a Ray cluster.

``run`` has the steps in their order. ``inputs`` finds the videos, ``planning`` decides what has to be computed,
``chunks`` is the work on a part of a video, ``assembly`` makes files of it, ``engines`` has the workers, and
``state`` is what a run writes about itself: lease, manifest, progress, summary and metrics.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
