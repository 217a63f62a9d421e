"""How many requests for poses there were, and what became of them."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from neuropose_ray.errors import NeuroposeRayError
from neuropose_ray.schemas.service_status import PoseRequests


class PoseCounts:
    """Counts of this process; in one event loop."""

    def __init__(self) -> None:
        self._ongoing = self._answered = self._pictures = 0
        self._seconds = 0.0
        self._errors: Counter[str] = Counter()

    @contextmanager
    def request(self) -> Iterator[Callable[[int], None]]:
        """Count a request that is answered, or fails, while the block runs; gives what counts its pictures."""
        begin_s = time.perf_counter()
        self._ongoing += 1
        try:
            yield self._count_pictures
        except NeuroposeRayError as error:
            self._errors[error.code] += 1
            raise
        except asyncio.CancelledError:
            self._errors["cancelled"] += 1
            raise
        except Exception:
            self._errors["internal"] += 1
            raise
        else:
            self._answered += 1
            self._seconds += time.perf_counter() - begin_s
        finally:
            self._ongoing -= 1

    def _count_pictures(self, number: int) -> None:
        self._pictures += number

    def now(self) -> PoseRequests:
        """The counts as they are."""
        mean_ms = None if not self._answered else round(1000 * self._seconds / self._answered, 1)
        return PoseRequests(
            ongoing=self._ongoing,
            answered=self._answered,
            pictures=self._pictures,
            mean_ms=mean_ms,
            errors=dict(self._errors),
        )
