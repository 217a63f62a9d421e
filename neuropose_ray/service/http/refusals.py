"""Requests that were refused, counted: a stranger who asks without end must fill neither the disk nor the log."""

from __future__ import annotations

import ipaddress
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from neuropose_ray.schemas.immutable import FrozenModel

#: For which refusals of one kind are counted together.
PERIOD_S = 60.0
#: Of one kind in a period that are kept singly.
MOST_SINGLE = 10
#: Kinds in a period; whoever asks from more addresses is counted with the others.
MOST_KINDS = 100
#: Stands for the addresses of all further kinds.
OTHERS = "others"
#: An IPv6 client has a whole network of addresses.
_CLIENT_PREFIX = 64


class AuditEntry(FrozenModel):
    """One request over HTTP, as the audit log has it."""

    time: datetime
    caller: str
    client: str
    method: str
    path: str
    status: int
    job: str | None = None


class Refusal(AuditEntry):
    """Requests of one client that were refused alike; method, path and job are those of the first."""

    count: int = 1
    until: datetime | None = None


@dataclass(slots=True)
class _Kind:
    """Refusals of one client, caller and status in a period."""

    singly: int = 0
    first: AuditEntry | None = None
    last: AuditEntry | None = None
    repeated: int = 0


@dataclass(slots=True)
class RefusalTally:
    """Tells refusals that are kept singly from those that are counted.

    Attributes:
        clock: monotonic seconds.
    """

    clock: Callable[[], float] = time.monotonic
    _kinds: dict[tuple[str, str, int], _Kind] = field(default_factory=dict)
    _began_s: float = 0.0

    def add(self, entry: AuditEntry) -> list[Refusal]:
        """Take a refusal, and give what is to be written now: it, or what was counted in the period before, or both.

        Args:
            entry: the refused request.
        """
        written = self.take() if self.left_s() <= 0 else []
        if not self._kinds:
            self._began_s = self.clock()
        key = (_client(entry.client), entry.caller, entry.status)
        if key not in self._kinds and len(self._kinds) >= MOST_KINDS:
            key = (OTHERS, OTHERS, entry.status)
        kind = self._kinds.setdefault(key, _Kind(MOST_SINGLE if key[0] == OTHERS else 0))
        if kind.singly < MOST_SINGLE:
            kind.singly += 1
            return [*written, Refusal(**entry.model_dump())]
        kind.first, kind.last, kind.repeated = kind.first or entry, entry, kind.repeated + 1
        return written

    def left_s(self) -> float:
        """Seconds of the period that are left; 0 or less where what was counted can be written."""
        return self._began_s + PERIOD_S - self.clock() if self._kinds else 0.0

    def take(self) -> list[Refusal]:
        """What was counted, an entry for each kind; the next refusal begins a new period."""
        kinds, self._kinds = self._kinds, {}
        return [
            Refusal(
                **{**kind.first.model_dump(), "client": client, "caller": caller},
                count=kind.repeated,
                until=kind.last.time,
            )
            for (client, caller, _), kind in kinds.items()
            if kind.first is not None and kind.last is not None
        ]


def _client(address: str) -> str:
    """The client that an address belongs to: of IPv6, its network."""
    try:
        parsed = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if isinstance(parsed, ipaddress.IPv4Address) or parsed.is_loopback:
        return address
    if parsed.ipv4_mapped is not None:
        return str(parsed.ipv4_mapped)
    return str(ipaddress.ip_network((parsed, _CLIENT_PREFIX), strict=False))
