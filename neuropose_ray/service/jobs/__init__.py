"""Durable jobs: a queue and workflows that survive the death of any process.

``manager`` is the deployment, ``job_service`` all that can be asked of jobs, ``durable`` the queue in the database,
``execution`` one job from its first step to its last, and ``steps`` what the steps do.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
