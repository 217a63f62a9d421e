"""Registered streams and sessions: rows of a database, which outlive every process."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from neuropose_ray.errors import (
    OverloadedError,
    SessionNotFoundError,
    SessionVersionError,
    StoreUnavailableError,
    StreamNotFoundError,
    TooLargeError,
)
from neuropose_ray.schemas.live_messages import Session, StreamSpec, merged
from neuropose_ray.schemas.rules import Decision
from neuropose_ray.service.live.stream_parts import Engine
from neuropose_ray.service.live.tables import LiveTables

if TYPE_CHECKING:
    from sqlalchemy import Connection

#: Of what is kept of one session: clients add to it, patch by patch, for as long as they like.
MOST_SESSION_LETTERS = 1 << 18
_LIST = "see `neuropose-ray live list`"


@dataclass(frozen=True, slots=True)
class RegisteredStream:
    """A stream that is worked on whoever looks.

    Attributes:
        stream_id: its name.
        spec: what it is; its URL may have a password.
        owner: who registered it; None where nobody is known.
        changed_at: Unix seconds.
    """

    stream_id: str
    spec: StreamSpec
    owner: str | None
    changed_at: float


@dataclass(frozen=True, slots=True)
class KeptSession:
    """What is kept of a session.

    Attributes:
        session: its data.
        owner: who made it; None where nobody is known.
    """

    session: Session
    owner: str | None


class Registry:
    """The tables of streams and sessions; for any number of threads.

    Args:
        url: of SQLite or PostgreSQL, as SQLAlchemy has it.
        most_streams: that are taken.
        session_ttl_s: after which a session that was not changed is removed.
        clock: Unix seconds.
    """

    def __init__(
        self, url: str, *, most_streams: int, session_ttl_s: float, clock: Callable[[], float] = time.time
    ) -> None:
        self._url, self._most_streams = url, most_streams
        self._session_ttl_s, self._clock = session_ttl_s, clock
        self._lock, self._opening = threading.Lock(), threading.Lock()
        self._tables: LiveTables | None = None

    def streams(self) -> tuple[RegisteredStream, ...]:
        """All of them, by their names.

        Raises:
            StoreUnavailableError: the database is away.
        """
        with self._transaction() as (connection, tables):
            rows = connection.execute(tables.streams.select().order_by(tables.streams.c.id)).all()
        return tuple(
            RegisteredStream(row.id, StreamSpec.model_validate_json(row.spec), row.owner, row.changed_at)
            for row in rows
        )

    def stream(self, stream_id: str) -> RegisteredStream:
        """One of them.

        Raises:
            StreamNotFoundError: there is none of this name.
            StoreUnavailableError: the database is away.
        """
        with self._transaction() as (connection, tables):
            row = connection.execute(tables.streams.select().where(tables.streams.c.id == stream_id)).first()
        if row is None:
            raise StreamNotFoundError(f"there is no stream {stream_id}", hint=_LIST)
        return RegisteredStream(row.id, StreamSpec.model_validate_json(row.spec), row.owner, row.changed_at)

    def put(self, stream_id: str, spec: StreamSpec, owner: str | None, *, only_own: bool = False) -> bool:
        """Register a stream, in place of one of the same name; whether it is new.

        Args:
            stream_id: its name.
            spec: what it is.
            owner: of a new one; that of one which is replaced stays.
            only_own: replace none of another owner.

        Raises:
            StreamNotFoundError: it is another owner's.
            OverloadedError: there are too many.
            StoreUnavailableError: the database is away.
        """
        values = {"spec": spec.model_dump_json(), "changed_at": self._clock()}
        with self._lock, self._transaction() as (connection, tables):
            streams = tables.streams
            known = connection.execute(streams.select().where(streams.c.id == stream_id)).first()
            if known is not None:
                if only_own and known.owner != owner:
                    raise StreamNotFoundError(f"there is no stream {stream_id}", hint=_LIST)
                connection.execute(streams.update().where(streams.c.id == stream_id).values(**values))
                return False
            if len(connection.execute(streams.select()).all()) >= self._most_streams:
                raise OverloadedError(f"there are {self._most_streams} streams already", hint="remove one")
            connection.execute(streams.insert().values(id=stream_id, owner=owner, **values))
        return True

    def remove(self, stream_id: str) -> None:
        """Forget a stream.

        Raises:
            StreamNotFoundError: there is none of this name.
            StoreUnavailableError: the database is away.
        """
        with self._transaction() as (connection, tables):
            removed = connection.execute(tables.streams.delete().where(tables.streams.c.id == stream_id)).rowcount
        if not removed:
            raise StreamNotFoundError(f"there is no stream {stream_id}", hint=_LIST)

    def session(self, session_id: str) -> KeptSession:
        """What is kept of a session; version 0 where nothing is.

        Raises:
            StoreUnavailableError: the database is away.
        """
        with self._transaction() as (connection, tables):
            return self._session(connection, tables, session_id) or KeptSession(Session(session_id=session_id), None)

    def claim_session(self, session_id: str, owner: str | None, *, only_own: bool = False) -> Session:
        """What is kept of a session, which is the owner's from now on where it was nobody's.

        Raises:
            SessionNotFoundError: it is another owner's, and ``only_own`` are to be used.
            StoreUnavailableError: the database is away.
        """
        with self._lock, self._transaction() as (connection, tables):
            return self._claimed(connection, tables, session_id, owner, only_own)

    def patch_session(
        self, session_id: str, version: int | None, patch: Any, owner: str | None, *, only_own: bool = False
    ) -> Session:
        """Change what is kept of a session by a JSON merge patch.

        Args:
            session_id: its name.
            version: that is changed; None for whichever there is.
            patch: see :func:`~neuropose_ray.schemas.live_messages.merged`.
            owner: of a new one; that of one which is there stays.
            only_own: change none of another owner.

        Raises:
            SessionNotFoundError: it is another owner's.
            SessionVersionError: it has another version.
            TooLargeError: there would be too much of it.
            StoreUnavailableError: the database is away.
        """
        with self._lock, self._transaction() as (connection, tables):
            before = self._claimed(connection, tables, session_id, owner, only_own)
            if version is not None and version != before.version:
                what = f"session {session_id} has version {before.version}, not {version}"
                raise SessionVersionError(what, hint="ask for it again, and patch that")
            sessions, data = tables.sessions, merged(json.loads(before.model_dump_json())["data"], patch)
            after = Session(session_id=session_id, version=before.version + 1, data=data)
            text = json.dumps(data)
            if len(text) > MOST_SESSION_LETTERS:
                what = f"more than {MOST_SESSION_LETTERS} letters of JSON"
                raise TooLargeError(what, where=f"session {session_id}", hint="keep records in a store")
            values = {"version": after.version, "data": text, "changed_at": self._clock()}
            at = (sessions.c.id == session_id) & (sessions.c.version == before.version)
            if not connection.execute(sessions.update().where(at).values(**values)).rowcount:
                raise SessionVersionError(f"session {session_id} was changed meanwhile", hint="ask for it again")
        return after

    def open_episode(self, entered: Decision, engine: Engine) -> None:
        """Note that an episode has begun, so that it ends also where its engine dies.

        Raises:
            StoreUnavailableError: the database is away.
        """
        values = {
            "id": _episode_of(entered),
            "source_key": engine.key,
            "life": engine.life,
            "pipeline": engine.pipeline,
            "entered": entered.model_copy(update={"images": {}, "actions": ()}).model_dump_json(),
        }
        with self._transaction() as (connection, tables):
            connection.execute(tables.episodes.delete().where(tables.episodes.c.id == values["id"]))
            connection.execute(tables.episodes.insert().values(**values))

    def close_episode(self, completed: Decision) -> None:
        """Note that an episode has ended.

        Raises:
            StoreUnavailableError: the database is away.
        """
        with self._transaction() as (connection, tables):
            connection.execute(tables.episodes.delete().where(tables.episodes.c.id == _episode_of(completed)))

    def open_episodes(self) -> tuple[tuple[Decision, Engine], ...]:
        """The decisions at the begin of episodes that have not ended, with their engines.

        Raises:
            StoreUnavailableError: the database is away.
        """
        with self._transaction() as (connection, tables):
            rows = connection.execute(tables.episodes.select()).all()
        return tuple(
            (Decision.model_validate_json(row.entered), Engine(row.source_key, row.life, row.pipeline))
            for row in rows
        )

    def sweep(self) -> int:
        """Remove sessions whose time is over; how many there were.

        Raises:
            StoreUnavailableError: the database is away.
        """
        with self._transaction() as (connection, tables):
            old = tables.sessions.c.changed_at < self._clock() - self._session_ttl_s
            return int(connection.execute(tables.sessions.delete().where(old)).rowcount)

    def close(self) -> None:
        """Let go of the database."""
        if self._tables is not None:
            self._tables.engine.dispose()

    def _claimed(
        self, connection: Connection, tables: LiveTables, session_id: str, owner: str | None, only_own: bool
    ) -> Session:
        known = self._session(connection, tables, session_id)
        if known is None:
            values = {"id": session_id, "owner": owner, "version": 0, "data": "{}", "changed_at": self._clock()}
            connection.execute(tables.sessions.insert().values(**values))
            return Session(session_id=session_id)
        if only_own and known.owner != owner:
            raise SessionNotFoundError(f"there is no session {session_id}", hint="choose another name")
        return known.session

    @staticmethod
    def _session(connection: Connection, tables: LiveTables, session_id: str) -> KeptSession | None:
        row = connection.execute(tables.sessions.select().where(tables.sessions.c.id == session_id)).first()
        if row is None:
            return None
        return KeptSession(Session(session_id=session_id, version=row.version, data=json.loads(row.data)), row.owner)

    @contextmanager
    def _transaction(self) -> Iterator[tuple[Connection, LiveTables]]:
        from sqlalchemy.exc import SQLAlchemyError

        try:
            with self._opening:  # two threads at once would both make the tables, and one would fail
                tables = self._tables = self._tables or LiveTables(self._url)
            with tables.engine.begin() as connection:
                yield connection, tables
        except SQLAlchemyError as error:
            raise StoreUnavailableError(f"the database of streams is away ({type(error).__name__})") from error


def _episode_of(decision: Decision) -> str:
    return str(decision.fields["uuid"])
