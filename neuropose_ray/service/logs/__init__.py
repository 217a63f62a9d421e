"""Logs of the service: lines of JSON with the ids of job, step and request, a file for each process.

``context`` has the ids of what a thread or task is at, ``files`` writes, and ``reading`` finds lines again.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
