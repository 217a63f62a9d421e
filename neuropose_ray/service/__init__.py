"""The Ray Serve application: poses on demand, durable jobs over HTTP, and an inbox folder.

``app`` binds the deployments: ``http`` is what clients meet, ``pose`` holds the model, ``jobs`` keeps and executes
jobs, and ``inbox`` watches a folder. Around them are ``settings``, the ``client``, and what starts, watches, installs
and resets a service.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
