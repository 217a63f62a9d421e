"""An analysis in plain words: findings as data, languages as data, and an endpoint that may word them."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
