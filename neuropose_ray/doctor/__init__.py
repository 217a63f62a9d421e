"""Checks of this machine: whether it can do the work, and what to do where it cannot."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
