"""A synthetic person whose joints are known exactly, rendered to video: truth to measure pose models by.

``motions`` moves a ``body`` of constant bones, ``scene`` puts it before cameras, ``render`` and ``video`` draw it,
and ``truth`` is the file of its joints.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
