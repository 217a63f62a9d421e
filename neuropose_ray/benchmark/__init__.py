"""Speed: how fast videos are processed on this machine, beside the bare model as the ceiling.

``run`` measures one video in passes, ``scale`` many videos with more and more workers; both return records, which
``report`` and ``scale_report`` print as text.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
