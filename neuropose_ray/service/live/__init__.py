"""Live streams: cameras in, tracked poses and events out, and what rules decide handed on.

An actor for each distinct source (``stream_actor``, around the plain ``stream``) takes frames, asks the pose model,
follows people and runs rules (``view``), and publishes messages (``fanout``). The ingress passes them on to its
clients (``links``, ``client_queue``, ``websocket``, ``compat``). The one ``hub`` has the registered streams and
sessions (``registry``), and takes decisions.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
