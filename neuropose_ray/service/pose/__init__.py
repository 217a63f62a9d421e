"""The pose deployment: one model in memory for requests and for the chunks of jobs.

``replica`` is one of its processes, ``deployment`` says how many of them there are and on what. ``pictures`` and
``inference`` serve requests, ``chunks`` executes chunks of jobs, which ``engine`` sends, and ``priority_lock`` lets
requests go first.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
