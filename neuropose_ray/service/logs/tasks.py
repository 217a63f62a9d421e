"""The log of what runs as a task: its process belongs to nobody, and does one after the other."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Generic, ParamSpec, TypeVar

from neuropose_ray.service.logs.context import log_context
from neuropose_ray.service.logs.files import LogFiles

P = ParamSpec("P")
R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class LoggedTask(Generic[P, R]):
    """A function that writes its log with the service's, in whichever process it runs.

    Attributes:
        function: that is run.
        logs: where the log goes.
        ids: of what it is run for, which every line has.
    """

    function: Callable[P, R]
    logs: LogFiles
    ids: Mapping[str, str]

    def __call__(self, *arguments: P.args, **keywords: P.kwargs) -> R:
        """Run it."""
        self.logs.start()
        with log_context(**self.ids):
            return self.function(*arguments, **keywords)
