"""A limit on the rate of requests of each caller."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

from neuropose_ray.errors import OverloadedError

#: Callers whose rates are kept; there are as many as tokens.
_MOST_CALLERS = 10_000


@dataclass(slots=True)
class _Bucket:
    """Requests that a caller may make at once, and when that was."""

    requests: float
    at_s: float


class RateLimit:
    """A token bucket for each caller: so many requests at once, and then so many a second.

    Args:
        requests_per_s: on average.
        burst: at once.
        clock: monotonic seconds.
    """

    def __init__(self, requests_per_s: float, burst: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._rate, self._burst, self._clock = requests_per_s, burst, clock
        self._buckets: OrderedDict[str, _Bucket] = OrderedDict()

    def count(self, caller: str) -> None:
        """Count a request of a caller.

        Raises:
            OverloadedError: it is beyond the rate; ``retry_after_s`` says when the next one is not.
        """
        now_s = self._clock()
        bucket = self._buckets.pop(caller, None) or _Bucket(self._burst, now_s)
        self._buckets[caller] = bucket
        if len(self._buckets) > _MOST_CALLERS:
            self._buckets.popitem(last=False)
        bucket.requests = min(self._burst, bucket.requests + self._rate * (now_s - bucket.at_s))
        bucket.at_s = now_s
        if bucket.requests < 1:
            error = OverloadedError(f"more than {self._rate:g} requests a second", hint="ask less often")
            error.retry_after_s = (1 - bucket.requests) / self._rate
            raise error
        bucket.requests -= 1
