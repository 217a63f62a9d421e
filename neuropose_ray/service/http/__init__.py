"""What clients meet: routes, uploads, limits and tokens, as one FastAPI application in a Serve deployment.

``ingress`` puts the application together and ``listener`` has its socket. ``auth``, ``audit``, ``flow``, ``bodies``
and ``conformance`` see every request, ``*_routes`` are its routes, and ``pose_call`` and ``manager_client`` carry it
to the deployments behind.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
