"""`curation.sqlite`: which streams there are, which stages ran on them, what they made, and what happened.

Only the driver of a run writes, under the lease of the run's folder. Results are vouched for here by their SHA-256;
whoever finds another digest computes again. A ledger that is damaged is set aside: results say themselves what they
were made from, so that nothing but its history is lost.
"""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

from neuropose_ray.curation.keys import StageKey
from neuropose_ray.curation.ledger_checks import check_content, is_refusal, refused
from neuropose_ray.curation.ledger_records import WHOLE_RUN, Artifact, Event, LedgerContent, StageRun, State, Stream
from neuropose_ray.errors import FileFormatError, FutureSchemaError, InputNotFoundError

LEDGER_FILE: Final = "curation.sqlite"
LEDGER_VERSION: Final = 1

_SCHEMA = """
CREATE TABLE streams (
    name TEXT PRIMARY KEY, path TEXT NOT NULL, uri TEXT NOT NULL, kind TEXT NOT NULL, signature TEXT NOT NULL,
    sha256 TEXT NOT NULL, stream_index INTEGER NOT NULL, frames INTEGER NOT NULL, duration_s REAL NOT NULL,
    notes TEXT NOT NULL, seen_at TEXT NOT NULL
);
CREATE TABLE stage_runs (
    id INTEGER PRIMARY KEY, run TEXT NOT NULL, stream TEXT NOT NULL, stage TEXT NOT NULL, key TEXT NOT NULL,
    parts TEXT NOT NULL, state TEXT NOT NULL, reason TEXT NOT NULL, frames_decoded INTEGER NOT NULL,
    attempts INTEGER NOT NULL, error TEXT, seconds REAL NOT NULL, ended_at TEXT NOT NULL
);
CREATE INDEX stage_runs_of_stream ON stage_runs (stream, stage, id);
CREATE TABLE artifacts (
    path TEXT PRIMARY KEY, stream TEXT NOT NULL, stage TEXT NOT NULL, key TEXT NOT NULL, sha256 TEXT NOT NULL,
    size INTEGER NOT NULL, made_at TEXT NOT NULL
);
CREATE TABLE events (
    id INTEGER PRIMARY KEY, at TEXT NOT NULL, run TEXT NOT NULL, stream TEXT NOT NULL, stage TEXT NOT NULL,
    event TEXT NOT NULL, detail TEXT NOT NULL
);
"""


class Ledger:
    """An open ledger.

    Args:
        path: of the file; made where there is none.
        run: names the run that writes.

    Raises:
        FutureSchemaError: a newer version wrote it.
        OutputError: it cannot be written.
    """

    def __init__(self, path: Path, run: str) -> None:
        self._run = run
        self._connection = _opened(path)

    def __enter__(self) -> Self:
        """Write until the block ends."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the file."""
        self._connection.close()

    def streams(self) -> dict[str, Stream]:
        """All streams that runs have seen, by name."""
        return {stream.name: stream for stream in _streams(self._connection)}

    def last_success(self, stream: str, stage: str) -> StageRun | None:
        """The last time that a stage succeeded."""
        return next(_stage_runs(self._connection, stream, stage, "succeeded"), None)

    def artifact(self, path: str) -> Artifact | None:
        """What is known of a file."""
        return next(_artifacts(self._connection, path), None)

    def artifacts(self) -> list[Artifact]:
        """All files that stages made."""
        return list(_artifacts(self._connection))

    def add_stream(self, stream: Stream) -> None:
        """Note what a stream is now.

        Raises:
            OutputError: no space or no permission.
        """
        values = (
            stream.name, stream.path, stream.uri, stream.kind, stream.signature, stream.sha256, stream.stream_index,
            stream.frames, stream.duration_s, json.dumps(stream.notes), _now(),
        )  # fmt: skip
        with self._writing():
            self._connection.execute(f"INSERT OR REPLACE INTO streams VALUES ({_places(values)})", values)

    def replace_streams(self, stream: Stream) -> None:
        """Forget streams of other names at the place of this one: what lay there before is gone.

        Raises:
            OutputError: no space or no permission.
        """
        with self._writing():
            old = (stream.uri, stream.name)
            self._connection.execute("DELETE FROM streams WHERE uri = ? AND name <> ?", old)

    def add_stage_run(self, done: StageRun, artifacts: Sequence[Artifact] = ()) -> None:
        """Note what became of a stage, and the files that it made, in one transaction.

        Raises:
            OutputError: no space or no permission.
        """
        values = (
            None, self._run, done.stream, done.key.stage, done.key.digest, json.dumps(dict(done.key.parts)),
            done.state, done.reason, done.frames_decoded, done.attempts, done.error, done.seconds, _now(),
        )  # fmt: skip
        with self._writing():
            self._connection.execute(f"INSERT INTO stage_runs VALUES ({_places(values)})", values)
            for artifact in artifacts:
                made = (artifact.path, done.stream, done.key.stage, done.key.digest)
                row = (*made, artifact.sha256, artifact.size, _now())
                self._connection.execute(f"INSERT OR REPLACE INTO artifacts VALUES ({_places(row)})", row)

    def add_event(self, event: str, detail: str = "", *, stream: str = WHOLE_RUN, stage: str = "") -> None:
        """Note that something happened.

        Raises:
            OutputError: no space or no permission.
        """
        with self._writing():
            values = (None, _now(), self._run, stream, stage, event, detail)
            self._connection.execute(f"INSERT INTO events VALUES ({_places(values)})", values)

    def forget(self, *, runs: int, days: float) -> None:
        """Remove all but the last ``runs`` entries of each stage of each stream, and events older than ``days``.

        The last success of a stage stays, however old: it vouches for what is there.

        Raises:
            OutputError: no space or no permission.
        """
        before = datetime.fromtimestamp(time.time() - days * 86_400, UTC).isoformat()
        with self._writing():
            self._connection.execute(
                "DELETE FROM stage_runs WHERE id NOT IN (SELECT id FROM (SELECT id, row_number() OVER "
                "(PARTITION BY stream, stage ORDER BY id DESC) AS place FROM stage_runs) WHERE place <= ?) "
                "AND id NOT IN (SELECT max(id) FROM stage_runs WHERE state = 'succeeded' GROUP BY stream, stage)",
                (runs,),
            )
            self._connection.execute("DELETE FROM events WHERE at < ?", (before,))

    @contextmanager
    def _writing(self) -> Iterator[None]:
        try:
            with self._connection:
                yield
        except sqlite3.Error as error:
            raise refused(f"the ledger cannot be written ({error})", error, LEDGER_FILE) from error


def read_ledger(path: Path, *, stream: str | None = None, events: int = 100) -> LedgerContent:
    """The streams, the last time of each of their stages, and the last events, the latest first.

    Args:
        path: of the file.
        stream: of this one alone.
        events: at most so many.

    Raises:
        InputNotFoundError: there is no ledger, or it cannot be read.
        FileFormatError: it is damaged.
        FutureSchemaError: a newer version wrote it.
    """
    hint = "give the folder that was --out of `neuropose-ray curate run`"
    if not path.is_file():
        raise InputNotFoundError("nothing was curated here", where=str(path.parent.parent), hint=hint)
    try:
        with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)) as connection:
            connection.text_factory = _text
            _check_version(connection, path)
            check_content(connection, _SCHEMA)
            streams = [entry for entry in _streams(connection) if stream in (None, entry.name)]
            names = [entry.name for entry in streams]
            names += [name for name in _unread(connection) if stream in (None, name)]
            names += [WHOLE_RUN] if stream is None else []
            last = [
                next(_stage_runs(connection, name, stage))
                for name in names
                for (stage,) in connection.execute(
                    "SELECT stage FROM stage_runs WHERE stream = ? GROUP BY stage ORDER BY min(id)", (name,)
                ).fetchall()
            ]
            rows = connection.execute(
                "SELECT at, stream, stage, event, detail FROM events WHERE ?1 IS NULL OR stream = ?1 "
                "ORDER BY id DESC LIMIT ?2", (stream, events),
            ).fetchall()  # fmt: skip
            artifacts = tuple(_artifacts(connection))
    except (sqlite3.Error, ValueError) as error:
        if is_refusal(error):
            raise InputNotFoundError(f"the ledger cannot be read ({error})", where=str(path), hint=hint) from error
        hint = "the next `neuropose-ray curate run` sets it aside and decodes nothing again"
        raise FileFormatError(f"the ledger is damaged ({error})", where=str(path), hint=hint) from error
    return LedgerContent(tuple(streams), tuple(last), tuple(Event(*row) for row in rows), artifacts)


def _opened(path: Path) -> sqlite3.Connection:
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        return _connected(path)
    except (sqlite3.Error, ValueError) as error:
        if is_refusal(error):
            raise refused(f"the ledger cannot be opened ({error})", error, str(path)) from error
        aside = path.with_name(f"{path.name}.damaged")
        path.replace(aside)
        # What a killed run was about to write into the old one must not get into the new one.
        path.with_name(f"{path.name}-journal").unlink(missing_ok=True)
        connection = _connected(path)
        values = (None, _now(), "", WHOLE_RUN, "", "ledger damaged", f"set aside as {aside.name}: {error}")
        with connection:
            connection.execute(f"INSERT INTO events VALUES ({_places(values)})", values)
        return connection


def _connected(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, check_same_thread=False)
    connection.text_factory = _text
    try:
        # A killed process loses nothing; after a power cut a damaged ledger is set aside like any other.
        connection.execute("PRAGMA synchronous = OFF")
        _check_version(connection, path)
        if not connection.execute("PRAGMA user_version").fetchone()[0]:
            with connection:
                connection.executescript(f"BEGIN; {_SCHEMA} PRAGMA user_version = {LEDGER_VERSION}; COMMIT;")
        check_content(connection, _SCHEMA)
    except BaseException:
        connection.close()
        raise
    return connection


def _check_version(connection: sqlite3.Connection, path: Path) -> None:
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    if version > LEDGER_VERSION:
        raise FutureSchemaError(
            f"a ledger of version {version}, newer than {LEDGER_VERSION}",
            where=str(path),
            hint="upgrade neuropose-ray",
        )


def _streams(connection: sqlite3.Connection) -> Iterator[Stream]:
    columns = "name, path, uri, kind, signature, sha256, stream_index, frames, duration_s, notes"
    rows = connection.execute(f"SELECT {columns} FROM streams ORDER BY name")
    for row in rows:
        values = dict(zip((column[0] for column in rows.description), row, strict=True))
        yield Stream(**{**values, "notes": tuple(json.loads(values["notes"]))})


def _unread(connection: sqlite3.Connection) -> list[str]:
    """The inputs of the last run that have never become a stream, since they could not be read."""
    rows = connection.execute(
        "SELECT DISTINCT stream FROM stage_runs WHERE state = 'failed' AND stream NOT IN (SELECT name FROM streams) "
        "AND stream <> ?1 AND run = (SELECT run FROM stage_runs ORDER BY id DESC LIMIT 1) ORDER BY stream",
        (WHOLE_RUN,),
    )
    return [name for (name,) in rows]


def _stage_runs(
    connection: sqlite3.Connection, stream: str, stage: str, state: State | None = None
) -> Iterator[StageRun]:
    """The times of a stage, the latest first."""
    rows = connection.execute(
        "SELECT stream, stage, parts, state, reason, frames_decoded, attempts, error, seconds, ended_at "
        "FROM stage_runs WHERE stream = ?1 AND stage = ?2 AND (?3 IS NULL OR state = ?3) ORDER BY id DESC",
        (stream, stage, state),
    )
    for name, of_stage, parts, *values in rows:
        yield StageRun(name, StageKey(of_stage, json.loads(parts)), *values)


def _artifacts(connection: sqlite3.Connection, path: str | None = None) -> Iterator[Artifact]:
    rows = connection.execute(
        "SELECT path, sha256, size, stream, stage FROM artifacts WHERE ?1 IS NULL OR path = ?1 ORDER BY path", (path,)
    )
    for row in rows:
        yield Artifact(*row)


def _text(content: bytes) -> str:
    return content.decode("utf-8", "replace")


def _places(values: Sequence[Any]) -> str:
    return ", ".join("?" * len(values))


def _now() -> str:
    return datetime.now(UTC).isoformat()
