"""Rules on live streams: pipelines, the engine that turns what is seen into decisions, and bundles with networks."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
