"""Files of other programs: written from predictions, and some of them read as predictions.

``writing`` knows every format by its name; tables, arrays, keypoints of pictures (COCO, MMPose, OpenPose) and motion
of one person (TRC, C3D, MOT, STO, BVH) have a module each. ``trc_reader``, ``c3d_reader`` and ``openpose`` read, and
``imported`` makes predictions of points, whose joints ``markers`` recognises by their names.

``datasets`` makes data sets of whole runs.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
