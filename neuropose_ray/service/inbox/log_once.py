"""A log of things that go on for a while, a line for each and not one for each look at them."""

from __future__ import annotations

import logging

from neuropose_ray.schemas.immutable import utf8_text


class LogOnce:
    """Logs what is new of a name.

    Args:
        logger: gets the lines.
    """

    def __init__(self, logger: logging.Logger) -> None:
        self._logger = logger
        self._last: dict[str, str] = {}

    def say(self, name: str, what: str) -> None:
        """Log ``what`` of a name, unless it was the last that was logged of it."""
        if self._last.get(name) != what:
            self._last[name] = what
            self._logger.info("%s %s", utf8_text(name), what)
