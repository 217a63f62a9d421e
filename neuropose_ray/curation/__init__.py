"""What is in the frames: blur, exposure, motion, near-duplicates and idle stretches, from stored numbers.

``settings`` has the thresholds, ``registry`` the metrics that are computed of each frame, ``observer`` the table of a
chunk. Duplicates, idle intervals and flags are made from tables alone, so that another threshold decodes nothing.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
