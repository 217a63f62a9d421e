"""Live pictures: cameras by RTSP, MJPEG, snapshots or HLS, cameras of this machine, and files at their own speed.

``source`` is what others use: it starts, watches and ends ``decoder_process``, a process that decodes everything
and converts only what is taken. There ``container_source``, ``snapshots`` and ``files`` give decoded pictures, and
``buffer`` holds those that wait. ``backoff`` and ``watchdog`` decide when to connect anew, ``packets`` keeps the
encoded stream for clips, ``url`` and ``access`` say what may be opened and how it is shown without its password.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
