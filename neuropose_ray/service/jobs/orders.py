"""The orders of an operator to the queue: pause, resume, drain, and drain to end."""

from __future__ import annotations

from collections.abc import Mapping

from neuropose_ray.schemas.jobs import Action, Mode
from neuropose_ray.service.data_folder import DataFolder
from neuropose_ray.service.jobs.durable import DurableJobs
from neuropose_ray.service.jobs.mode import STARTS_NONE, read_mode, write_mode

#: What an order makes of the service.
_MODES: Mapping[Action, Mode] = {"pause": "paused", "resume": "running", "drain": "draining"}


class Orders:
    """What the service was told to do with its queue, kept in the data folder.

    Args:
        data: keeps the last order.
        durable: the queue.
    """

    def __init__(self, data: DataFolder, durable: DurableJobs) -> None:
        self._data, self._durable = data, durable
        self._ends = read_mode(data) == "ending"

    def give(self, action: Action, *, end: bool = False) -> None:
        """Carry out an order; it holds until the next one, also after the service was started again.

        Args:
            action: pause: start no job; resume: go on; drain: take no new job, and do what runs and waits.
            end: of drain: what waits is left to the next service, and this one ends when nothing runs any more.

        Raises:
            OutputError: the data folder cannot be written.
        """
        mode: Mode = "ending" if action == "drain" and end else _MODES[action]
        write_mode(self._data, mode)
        self._ends = False
        if mode in STARTS_NONE:
            self._durable.pause()
        else:
            self._durable.resume()
        # Not before: what the queue has just started would be overlooked.
        self._ends = mode == "ending"

    def note_end(self, *, busy: bool) -> None:
        """Note that the service may end now, where it was told to and does nothing any more.

        Args:
            busy: whether a job runs.
        """
        if self._ends and not busy:
            write_mode(self._data, "ended")
            self._ends = False
