"""From a stream to the processes whose clients look at it: each gets the newest poses, and all events."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Mapping

from neuropose_ray.service.live.attachments import Attachment, Published

#: Events that wait for a process which does not take them; far beyond what a living one leaves.
_MOST_EVENTS = 2000
#: Events that are kept for clients who come back.
_KEPT_EVENTS = 500


class Fanout:
    """Numbers what a stream publishes, and keeps it for each link until that takes it.

    A link is one process with clients. One that renews itself no more is dropped; what was attached by it stays for a
    while, so that its clients find it again.

    Args:
        first_seq: number of the first message.
        clock: seconds.
        lease_s: after which a link that is not renewed is dropped.
        linger_s: for which an attachment without a link is kept.
    """

    def __init__(self, first_seq: int, *, clock: Callable[[], float], lease_s: float, linger_s: float) -> None:
        self._seq, self._clock = first_seq, clock
        self._lease_s, self._linger_s = lease_s, linger_s
        self._links: dict[str, _Link] = {}
        self._attachments: dict[str, Attachment] = {}
        self._link_of: dict[str, str] = {}
        self._left_at: dict[str, float] = {}
        self._events: deque[Published] = deque(maxlen=_KEPT_EVENTS)

    @property
    def attachments(self) -> Mapping[str, Attachment]:
        """All who look, by their tokens."""
        return self._attachments

    @property
    def subscribers(self) -> int:
        """Subscriptions whose clients are there."""
        return len(self._link_of)

    def outputs_of(self, view: str) -> frozenset[tuple[str, tuple[str, ...]]]:
        """The sets of outputs that are wanted of a view, with their keys."""
        return frozenset(
            (attachment.outputs_key, attachment.outputs)
            for token, attachment in self._attachments.items()
            if str(attachment.view) == view and token in self._link_of
        )

    def attach(self, link_id: str | None, attachment: Attachment) -> tuple[bool, tuple[Published, ...]]:
        """Add one who looks, or let one who was there go on; None is the link of registrations.

        Returns:
            Whether it was there already, and the events since its last message.
        """
        token = attachment.token
        resumed = token in self._attachments
        self._attachments[token] = attachment
        self._left_at.pop(token, None)
        if link_id is None:
            return resumed, ()
        self._link_of[token] = link_id
        self.renew(link_id)
        after = attachment.after_seq
        missed = () if after is None else tuple(
            event for event in self._events if event.seq > after and (event.tokens is None or token in event.tokens)
        )  # fmt: skip
        return resumed, missed

    def update(self, attachment: Attachment) -> None:
        """Put an attachment in place of that of the same token."""
        self._attachments[attachment.token] = attachment

    def has_moved(self, token: str, link_id: str | None) -> bool:
        """Whether an attachment came back by another link than this one; None is the link of registrations."""
        return link_id is not None and self._link_of.get(token, link_id) != link_id

    def detach(self, token: str, *, keep: bool) -> None:
        """Let somebody go; ``keep``: for a while, the client may come back."""
        self._link_of.pop(token, None)
        if keep and token in self._attachments:
            self._left_at[token] = self._clock()
        else:
            self._attachments.pop(token, None)
            self._left_at.pop(token, None)

    def renew(self, link_id: str) -> None:
        """Note that a link lives."""
        self._links.setdefault(link_id, _Link()).renewed_at = self._clock()

    def prune(self) -> tuple[str, ...]:
        """Drop what is gone; the tokens of attachments that ended so."""
        now = self._clock()
        for link_id in [name for name, link in self._links.items() if now - link.renewed_at > self._lease_s]:
            self._links.pop(link_id).close()
            for token in [token for token, attached_to in self._link_of.items() if attached_to == link_id]:
                self.detach(token, keep=True)
        ended = tuple(token for token, left_at in self._left_at.items() if now - left_at > self._linger_s)
        for token in ended:
            self.detach(token, keep=False)
        return ended

    def publish_poses(self, view: str, bodies: Mapping[str, bytes], dropped: int) -> None:
        """Publish the people of a frame; they replace those that a link has not taken yet."""
        message = Published(self._next_seq(), "pose", bodies, view=view, dropped=dropped)
        for link in self._links.values():
            link.put(message)

    def publish_event(self, body: bytes, tokens: frozenset[str] | None = None) -> None:
        """Publish an event for some attachments, or for all."""
        message = Published(self._next_seq(), "event", {"": body}, tokens=tokens)
        self._events.append(message)
        for link in self._links.values():
            link.put(message)

    async def take(self, link_id: str) -> tuple[Published, ...]:
        """What is new for a link, in order, as soon as there is something; nothing once the link is closed."""
        return await self._links.setdefault(link_id, _Link(self._clock())).take()

    def close(self) -> None:
        """Let all links end."""
        for link in self._links.values():
            link.close()

    def _next_seq(self) -> int:
        self._seq += 1
        return self._seq


class _Link:
    def __init__(self, renewed_at: float = 0.0) -> None:
        self.renewed_at = renewed_at
        self._poses: dict[str | None, Published] = {}
        self._events: deque[Published] = deque(maxlen=_MOST_EVENTS)
        self._changed = asyncio.Event()
        self._closed = False

    def put(self, message: Published) -> None:
        if message.kind == "pose":
            self._poses[message.view] = message
        else:
            self._events.append(message)
        self._changed.set()

    async def take(self) -> tuple[Published, ...]:
        await self._changed.wait()
        if self._closed:
            return ()
        self._changed.clear()
        messages = sorted([*self._events, *self._poses.values()], key=lambda message: message.seq)
        self._events.clear()
        self._poses.clear()
        return tuple(messages)

    def close(self) -> None:
        self._closed = True
        self._changed.set()
