"""Log files that only the service's user may read, renamed when they are long."""

from __future__ import annotations

import io
import os
from logging.handlers import RotatingFileHandler


class PrivateFileHandler(RotatingFileHandler):
    """Writes records to a file for its owner alone, whatever permissions it had."""

    def _open(self) -> io.TextIOWrapper:
        descriptor = os.open(self.baseFilename, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        os.fchmod(descriptor, 0o600)  # also of a file that was there
        return io.TextIOWrapper(io.FileIO(descriptor, "a"), encoding="utf-8", write_through=True)
