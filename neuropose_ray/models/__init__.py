"""Pose models: frames in, people out.

``protocol`` is what a run and the service know of a model: its spec, which travels to every worker, the loaded model,
and its session on consecutive frames. ``spec`` makes specs of the names of built-in models, ``blazepose`` and
``metrabs`` are these, and ``weights`` fetches what they load. ``delegating`` is for specs around another spec.

``detectors`` and ``segmenters`` label people by boxes and masks where poses are not enough.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
