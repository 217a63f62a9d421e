"""Reading and writing video: what a file or a folder of pictures holds, and its frames as upright RGB at true times.

``sources`` says what a path is. ``probe`` reads a file through without decoding it: times, keyframes, orientation,
notes; ``fields``, ``timeline`` and ``truncation`` know what containers do with times and packets. ``chunks`` cuts it
into parts that machines can work on apart, ``decode`` gives the frames of one, and ``prefetch`` has them ready before
they are asked for. Pictures come through ``images``, HEIC and AVIF through ``heif``; ``tone_mapping`` makes high
dynamic range look as a normal screen shows it. ``write`` encodes, with the source's ``sound``.
Cameras, and whatever else gives pictures only now, are in ``live``, which has a face of its own.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
