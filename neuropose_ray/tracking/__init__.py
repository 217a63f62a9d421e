"""Person ids over the frames of a video or a live stream, and who is seen steadily."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
