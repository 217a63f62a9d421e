"""Folders and videos in, folders out: jobs for labs without HTTP, and archives that become such folders.

``inbox`` watches, ``stability`` and ``completeness`` tell what is whole, ``drops`` and ``known_drops`` remember, and
``following`` asks after the jobs. ``delivery`` moves files, ``ingest`` unpacks archives, and ``lock`` keeps a second
service away. ``watching`` is the inbox alone, whose jobs ``local_jobs`` does in the same process.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
