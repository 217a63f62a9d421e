"""The line that LiteRT writes into the terminal of every process that loads a model, kept from it."""

from __future__ import annotations

import os
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

_STANDARD_ERROR = 2
# No setting of the library turns it off. It comes once in a process, with the first model.
_GREETING = b"INFO: Created TensorFlow Lite XNNPACK delegate for CPU."

_one_at_a_time = threading.Lock()
_has_come = threading.Event()


def allocate(interpreter: Any) -> None:
    """Let an interpreter plan its memory, without the library's line.

    Raises:
        RuntimeError: of the library.
    """
    with _one_at_a_time:
        if not _has_come.is_set():
            with _lines_left_out(_GREETING):
                interpreter.allocate_tensors()
            _has_come.set()
            return
    interpreter.allocate_tensors()


@contextmanager
def _lines_left_out(beginning: bytes) -> Iterator[None]:
    """Hold back what anybody in this process writes to standard error, and write all but some lines afterwards."""
    try:
        terminal = os.dup(_STANDARD_ERROR)
    except OSError:  # there is none
        yield
        return
    with tempfile.TemporaryFile() as held:
        os.dup2(held.fileno(), _STANDARD_ERROR)
        try:
            yield
        finally:
            os.dup2(terminal, _STANDARD_ERROR)
            os.close(terminal)
            held.seek(0)
            for line in held:
                if not line.startswith(beginning):
                    os.write(_STANDARD_ERROR, line)
